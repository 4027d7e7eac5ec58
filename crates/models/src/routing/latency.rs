//! How quickly a target answers, as its peak-EWMA: a slower answer counts at once, a quicker one only bit by bit. From
//! Finagle's `PeakEwma` balancer (also linkerd's), with its decay of ten seconds.
//!
//! The load of a target is its latency times the calls that it would then have under way. One that was never measured
//! is taken for quick while nobody waits for it, and for slow as long as its first call has not come back.

use std::sync::atomic::{AtomicU64, Ordering};

/// After this long without a sample, a latency counts for 1/e of itself, in ms.
const DECAY_MS: f32 = 10_000.0;

/// What an unmeasured target counts with while its first calls are under way, in µs: more than any measured one.
const UNMEASURED_US: f32 = 1e12;

/// An average in µs and when it was taken, in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Average {
    us: f32,
    at_ms: u32,
}

impl Average {
    /// What is left of it at a later moment: a target that was slow is tried again after a while.
    fn decayed(self, now_ms: u32) -> f32 {
        let idle_ms = now_ms.wrapping_sub(self.at_ms);
        let weight = (-(idle_ms as f32) / DECAY_MS).exp();
        self.us * weight
    }

    fn observe(self, sample_us: f32, now_ms: u32) -> Self {
        let idle_ms = now_ms.wrapping_sub(self.at_ms);
        if sample_us >= self.us {
            return Self { us: sample_us, at_ms: now_ms };
        }
        let weight = (-(idle_ms as f32) / DECAY_MS).exp();
        Self { us: self.us * weight + sample_us * (1.0 - weight), at_ms: now_ms }
    }
}

/// The average of a target, shared by all threads.
#[derive(Debug, Default)]
pub(super) struct Latency(AtomicU64);

impl Latency {
    pub(super) fn observe(&self, sample_us: u64, now_ms: u64) {
        let step = |packed| Some(pack(unpack(packed).observe(sample_us.max(1) as f32, now_ms as u32)));
        // The step always gives a value, so this never fails.
        let _ = self.0.fetch_update(Ordering::AcqRel, Ordering::Acquire, step);
    }

    /// µs, and nothing before the first sample.
    pub(super) fn now_us(&self, now_ms: u64) -> Option<f32> {
        let average = unpack(self.0.load(Ordering::Acquire));
        (average.us > 0.0).then(|| average.decayed(now_ms as u32))
    }

    /// What one more call would wait for, in µs × calls.
    pub(super) fn load(&self, under_way: u32, now_ms: u64) -> f64 {
        let calls = f64::from(under_way) + 1.0;
        match self.now_us(now_ms) {
            Some(us) => f64::from(us) * calls,
            None if under_way == 0 => 0.0,
            None => f64::from(UNMEASURED_US) * calls,
        }
    }
}

fn pack(average: Average) -> u64 {
    u64::from(average.us.to_bits()) << 32 | u64::from(average.at_ms)
}

fn unpack(packed: u64) -> Average {
    Average { us: f32::from_bits((packed >> 32) as u32), at_ms: packed as u32 }
}
