//! Politeness: what `robots.txt` allows (RFC 9309), the pause between two questions to one host, and when a host that
//! fails is left alone.

use crate::source::reach::{Reach, Trouble, origin};
use reqwest::Url;
use std::collections::HashMap;
use std::time::{Duration, Instant};
use texting_robots::Robot;

/// The name by which `robots.txt` addresses this client.
const AGENT: &str = "shipway";

/// RFC 9309 §2.5: at least 500 KiB are read.
const MAX_ROBOTS_BYTES: usize = 512 * 1024;

/// Rules with a `$` become regular expressions, and each takes memory.
const MAX_EXPRESSIONS: usize = 5_000;

/// A longer `Crawl-delay` is cut to this.
const LONGEST_DELAY: Duration = Duration::from_secs(60);

/// A host that fails so often in a row is not asked again in this run.
const MAX_FAILURES: u32 = 5;

/// Whether a page may be asked for.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Leave {
    Given,
    /// `robots.txt` forbids it.
    Forbidden,
    /// Nobody knows what `robots.txt` says, and then nothing is allowed.
    Unknown(Trouble),
    /// The host has failed too often.
    GivenUp,
}

enum Rules {
    Everything,
    Robot(Box<Robot>),
    Unknown(Trouble),
}

struct Host {
    rules: Rules,
    pause: Duration,
    /// When it may be asked again.
    free: Instant,
    failures: u32,
}

/// The hosts of one walk.
pub(super) struct Hosts<'a> {
    reach: &'a Reach,
    pause: Duration,
    ignore_robots: bool,
    hosts: HashMap<String, Host>,
}

impl<'a> Hosts<'a> {
    pub(super) fn new(reach: &'a Reach, pause: Duration, ignore_robots: bool) -> Self {
        Self { reach, pause, ignore_robots, hosts: HashMap::new() }
    }

    /// Judges a page, and waits until its host may be asked.
    pub(super) fn leave(&mut self, url: &Url) -> Leave {
        let host = self.host(url);
        if host.failures >= MAX_FAILURES {
            return Leave::GivenUp;
        }
        match &host.rules {
            Rules::Unknown(trouble) => return Leave::Unknown(trouble.clone()),
            Rules::Robot(robot) if !robot.allowed(url.as_str()) => return Leave::Forbidden,
            Rules::Robot(_) | Rules::Everything => {}
        }
        std::thread::sleep(host.free.saturating_duration_since(Instant::now()));
        Leave::Given
    }

    /// Remembers how a question went.
    pub(super) fn asked(&mut self, url: &Url, failed: bool) {
        let host = self.host(url);
        host.free = Instant::now() + host.pause;
        host.failures = if failed { host.failures + 1 } else { 0 };
    }

    fn host(&mut self, url: &Url) -> &mut Host {
        let (reach, pause, ignored) = (self.reach, self.pause, self.ignore_robots);
        self.hosts.entry(origin(url)).or_insert_with(|| {
            let rules = if ignored { Rules::Everything } else { read(reach, url) };
            let delay = match &rules {
                Rules::Robot(robot) => robot.delay.and_then(|delay| Duration::try_from_secs_f32(delay).ok()),
                Rules::Everything | Rules::Unknown(_) => None,
            };
            let pause = pause.max(delay.unwrap_or_default().min(LONGEST_DELAY));
            Host { rules, pause, free: Instant::now(), failures: 0 }
        })
    }
}

/// RFC 9309 §2.3.1: absent means that everything is allowed, unreachable that nothing is.
fn read(reach: &Reach, url: &Url) -> Rules {
    let place = format!("{}/robots.txt", origin(url));
    let unreadable = |reason: String| Rules::Unknown(Trouble::Failed(format!("{place} cannot be read: {reason}")));
    let Ok(address) = Url::parse(&place) else { return unreadable("it is no address".to_owned()) };
    match reach.get(&address) {
        Ok(answer) if answer.is_success() => {
            let text = &answer.body[..answer.body.len().min(MAX_ROBOTS_BYTES)];
            if text.iter().filter(|byte| **byte == b'$').count() > MAX_EXPRESSIONS {
                return unreadable(format!("it has more than {MAX_EXPRESSIONS} rules with `$`"));
            }
            let robot = Robot::new(AGENT, text).map(|robot| Rules::Robot(Box::new(robot)));
            robot.unwrap_or_else(|_| unreadable("it is malformed".to_owned()))
        }
        Ok(answer) if answer.status == 429 || answer.status >= 500 => {
            unreadable(format!("its server answered {}", answer.status))
        }
        Ok(_) => Rules::Everything,
        Err(forbidden @ Trouble::Forbidden(_)) => Rules::Unknown(forbidden),
        Err(trouble) => unreadable(trouble.to_string()),
    }
}
