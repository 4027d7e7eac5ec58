//! The script of a simulated model, which is its name: `echo`, `say?text=Good+day`, `cite`,
//! `script?latency=20ms&first=50ms&gap=5ms&tokens=200&chunks=20&fail=429&every=3&mode=cut`.

use std::time::Duration;
use usecase::time::Period;

/// What a simulated model does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Script {
    pub(super) speech: Speech,
    /// Before anything comes back.
    pub(super) latency: Duration,
    /// From there to the first piece.
    pub(super) first: Duration,
    /// Between two pieces.
    pub(super) gap: Duration,
    /// Words of made-up text.
    pub(super) tokens: usize,
    /// Into how many pieces the text is cut.
    pub(super) chunks: usize,
    /// The status of a refusal.
    pub(super) fail: Option<u16>,
    pub(super) retry_after: Option<Duration>,
    pub(super) mode: Option<Mode>,
    /// Pieces that come before the fault of `mode`.
    pub(super) after: usize,
    /// Which calls fail: every one (1), every third (3).
    pub(super) every: u64,
    /// Whether tokens are reported.
    pub(super) usage: bool,
    pub(super) seed: u64,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Speech {
    /// The last user message.
    Echo,
    /// A given text.
    Say(String),
    /// The first passage's first sentence, with `[1]`.
    Cite,
    /// Made-up words.
    Words,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Nothing more comes, and the connection stays open.
    Hang,
    /// The connection ends.
    Cut,
    /// What comes cannot be read.
    Garbage,
    /// An error comes in place of an answer, with status 200.
    ErrorBody,
    /// Every piece takes its time: `gap` is 100 ms unless it is given.
    Slow,
}

const EXPECTED: &str = "a simulated model is echo, say?text=…, cite or script?…, with the parameters latency, first, gap, \
                        tokens, chunks, fail, retry_after, mode, after, every, usage, seed";

/// Limits that keep a script from exhausting the process that runs it.
const MOST_TOKENS: usize = 100_000;
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

impl Script {
    /// Reads a script, or says what is expected.
    pub(crate) fn parse(name: &str) -> Result<Self, String> {
        let (verb, parameters) = name.split_once('?').unwrap_or((name, ""));
        let mut script = Self::new(match verb {
            "echo" => Speech::Echo,
            "say" => Speech::Say(String::new()),
            "cite" => Speech::Cite,
            "script" => Speech::Words,
            _ => return Err(EXPECTED.to_owned()),
        });
        let mut after = None;
        let mut gap = None;
        for pair in parameters.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let read = match key {
                "after" => value.parse().ok().map(|pieces| after = Some(pieces)),
                "gap" => wait(value).map(|wait| gap = Some(wait)),
                _ => script.set(key, value),
            };
            read.ok_or_else(|| format!("`{key}={value}` cannot be read; {EXPECTED}"))?;
        }
        let slow = script.mode == Some(Mode::Slow);
        script.gap = gap.unwrap_or(if slow { Duration::from_millis(100) } else { Duration::ZERO });
        script.after = after.unwrap_or(usize::from(script.mode == Some(Mode::Cut)));
        Ok(script)
    }

    fn new(speech: Speech) -> Self {
        Self {
            speech,
            latency: Duration::ZERO,
            first: Duration::ZERO,
            gap: Duration::ZERO,
            tokens: 20,
            chunks: 8,
            fail: None,
            retry_after: None,
            mode: None,
            after: 0,
            every: 1,
            usage: true,
            seed: 1,
        }
    }

    fn set(&mut self, key: &str, value: &str) -> Option<()> {
        match key {
            "text" => self.speech = Speech::Say(plain(value)?),
            "latency" => self.latency = wait(value)?,
            "first" => self.first = wait(value)?,
            "tokens" => self.tokens = value.parse().ok().filter(|tokens| (1..=MOST_TOKENS).contains(tokens))?,
            "chunks" => self.chunks = value.parse().ok().filter(|chunks| (1..=MOST_TOKENS).contains(chunks))?,
            "fail" => self.fail = Some(value.parse().ok().filter(|status| (400..600).contains(status))?),
            "retry_after" => self.retry_after = Some(wait(value)?),
            "every" => self.every = value.parse().ok().filter(|every| *every >= 1)?,
            "seed" => self.seed = value.parse().ok()?,
            "usage" => self.usage = value.parse().ok()?,
            "mode" => {
                self.mode = Some(match value {
                    "hang" => Mode::Hang,
                    "cut" => Mode::Cut,
                    "garbage" => Mode::Garbage,
                    "error_body" => Mode::ErrorBody,
                    "slow" => Mode::Slow,
                    _ => return None,
                });
            }
            _ => return None,
        }
        Some(())
    }
}

fn wait(value: &str) -> Option<Duration> {
    Period::parse(value).map(Period::as_duration).filter(|wait| *wait <= LONGEST_WAIT)
}

/// Undoes the encoding of a query string: `+` and `%20` are spaces.
fn plain(value: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [byte, tail @ ..] = rest {
        rest = tail;
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let (digits, tail) = tail.split_at_checked(2)?;
                bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
                rest = tail;
            }
            byte => bytes.push(*byte),
        }
    }
    String::from_utf8(bytes).ok()
}
