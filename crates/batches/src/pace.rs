//! How fast a batch may go: additive increase, multiplicative decrease (Chiu and Jain 1989), as TCP has it. Each answer
//! lets a little more be under way at once; each "too much" halves it and waits as long as was asked for.

use std::time::{Duration, Instant};

/// The wait after a first "too much" that named none; it doubles with each that follows.
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// The longest wait that somebody else may ask for: a limit that was raised meanwhile is noticed after it.
const LONGEST_ASKED: Duration = Duration::from_secs(600);

pub(crate) struct Pace {
    /// Lines that may be under way at once; the whole part counts.
    window: f64,
    most: f64,
    wait: Duration,
    resumes: Option<Instant>,
}

impl Pace {
    pub(crate) fn new(workers: usize) -> Self {
        let most = f64::from(u16::try_from(workers).unwrap_or(u16::MAX)).max(1.0);
        Self { window: 1.0, most, wait: FIRST_WAIT, resumes: None }
    }

    pub(crate) fn allows(&self, under_way: usize, now: Instant) -> bool {
        let under_way = f64::from(u16::try_from(under_way).unwrap_or(u16::MAX));
        under_way + 1.0 <= self.window && self.resumes.is_none_or(|resumes| resumes <= now)
    }

    /// When it goes on, while it is held back.
    pub(crate) fn resumes(&self) -> Option<Instant> {
        self.resumes
    }

    pub(crate) fn answered(&mut self) {
        self.window = (self.window + 1.0 / self.window).min(self.most);
        self.wait = FIRST_WAIT;
    }

    /// Lines that were under way together and are turned away together slow it down once.
    pub(crate) fn too_much(&mut self, asked: Option<Duration>, now: Instant) {
        let wait = asked.map_or(self.wait, |asked| asked.min(LONGEST_ASKED));
        if self.resumes.is_none_or(|resumes| resumes <= now) {
            self.window = (self.window / 2.0).max(1.0);
            self.wait = (self.wait * 2).min(LONGEST_WAIT);
        }
        self.resumes = self.resumes.max(Some(now + wait));
    }
}
