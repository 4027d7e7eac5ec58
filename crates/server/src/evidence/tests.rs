//! Which requests the figures are of.

use super::own_requests;
use ledger::{Arm, Ledger, Source, Started};
use storage::Storage;
use usecase::{Timestamp, TraceId};

#[test]
fn batches_count_and_what_is_left_out_is_said() {
    let folder = tempfile::TempDir::new().expect("a temporary folder");
    let ledger = Ledger::open(&Storage::open(folder.path()).expect("a data folder")).expect("a ledger");
    for (at, source) in
        [(1, Source::Live), (2, Source::Batch), (3, Source::Eval), (4, Source::Live), (5, Source::Batch)]
    {
        let started = Started {
            trace: TraceId::random(),
            at: Timestamp(at),
            use_case: "shop".to_owned(),
            bundle: None,
            arm: Arm::Stable,
            source,
            key: "k".to_owned(),
            conversation: None,
            subject: None,
            stream: false,
        };
        ledger.begin(started).expect("it begins");
    }
    let check = |name: &str, since: Option<i64>, most: usize, expected: &[i64], whole: bool| {
        let read = own_requests(&ledger, name, since.map(Timestamp), most).expect("rows");
        let moments: Vec<i64> = read.0.iter().map(|row| row.at.0).collect();
        assert_eq!((moments.as_slice(), read.1), (expected, whole), "{name} since {since:?}, at most {most}");
    };
    check("shop", None, 9, &[5, 4, 2, 1], true);
    check("shop", None, 4, &[5, 4, 2, 1], true);
    check("shop", None, 3, &[5, 4, 2], false);
    check("shop", Some(3), 2, &[5, 4], true);
    check("shop", None, 0, &[], false);
    check("other", None, 9, &[], true);
}
