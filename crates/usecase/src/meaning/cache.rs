//! What makes no sense in `[cache]`.

use super::Judgement;
use crate::declared::PiiAction;

impl Judgement<'_> {
    pub(super) fn cache(&mut self) {
        let Some(cache) = &self.declared.cache else { return };
        if !cache.exact && cache.semantic.is_none() {
            let wrong = self.source.at_value("/cache/exact", "this cache would serve nothing");
            self.found.push(wrong.help(
                "leave `[cache]` out, or declare `semantic` with the threshold that `shipway cache tune` prints",
            ));
        }
        if cache.ttl.micros() == 0 {
            let wrong = self.source.at_value("/cache/ttl", "no answer would live long enough to be served");
            self.found.push(wrong.expected("a length of time, like \"1h\""));
        }
        if self.declared.guard.pii == PiiAction::Off {
            let message = "with `guard.pii` off nobody sees which answers are personal, and they would be shared";
            let wrong = self.source.at_key("/cache", message);
            self.found.push(wrong.help("set `guard.pii` to \"mask\" or \"refuse\", or leave `[cache]` out"));
        }
        if let Some(semantic) = &cache.semantic {
            if semantic.threshold.is_none() {
                let wrong =
                    self.source.at_key("/cache/semantic", "without a `threshold` nothing keeps to `false_hits`");
                self.found.push(wrong.help("run `shipway cache tune NAME` and set what it prints"));
            }
            let share = semantic.false_hits.fraction();
            if share <= 0.0 || share > 0.2 {
                let message = if share > 0.0 {
                    "more than every fifth answer would be a wrong one"
                } else {
                    "no number of questions shows that nothing is ever wrong"
                };
                let wrong = self.source.at_value("/cache/semantic/false_hits", message);
                self.found.push(wrong.expected("a share above \"0%\" and up to \"20%\", like \"1%\""));
            }
        }
        if self.declared.model.temperature.is_some_and(|heat| heat > 0.0) && !cache.sampled {
            let wrong = self.source.at_key("/cache", "with `model.temperature` above 0 no answer would be kept");
            self.found.push(
                wrong.help("set `sampled = true` to serve one of the possible answers again, or `temperature = 0`"),
            );
        }
    }
}
