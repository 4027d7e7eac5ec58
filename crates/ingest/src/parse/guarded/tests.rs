//! A reader that panics, and one that never ends.

use super::guarded;
use std::sync::mpsc;
use std::time::Duration;

#[test]
fn a_reader_that_panics_or_never_ends_is_a_bad_file() {
    let panicked = guarded::<()>(Duration::from_secs(10), || panic!("a table is missing")).expect_err("it panicked");
    assert!(panicked.contains("structure is broken"), "{panicked}");

    let (release, wait) = mpsc::channel::<()>();
    let endless = move || {
        // Ends when the test lets go of its side.
        let _ = wait.recv();
        Ok(String::new())
    };
    let late = guarded(Duration::from_millis(1), endless).expect_err("it never ends");
    assert!(late.contains("within"), "{late}");
    drop(release);
}
