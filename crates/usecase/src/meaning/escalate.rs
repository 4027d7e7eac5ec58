//! Whether what is to show that a model is unsure can show it.

use super::Judgement;
use crate::declared::Signal;

impl Judgement<'_> {
    pub(super) fn escalate(&mut self) {
        let Some(escalate) = &self.declared.model.escalate else { return };
        let guard = self.declared.guard.grounding.as_ref().map(|rule| rule.at_least);
        if escalate.when.contains(Signal::Grounding) {
            if escalate.threshold(Signal::Grounding, guard).is_none() {
                let wrong =
                    self.source.at_value("/model/escalate/when", "nothing says how grounded is grounded enough");
                let help = "add `at_least = { grounding = 0.7 }`, or `guard.grounding`";
                self.found.push(wrong.help(help));
            } else if self.declared.retrieval.is_none() && guard.is_none() {
                let wrong = self.source.at_value("/model/escalate/when", "without passages no answer can be grounded");
                self.found.push(wrong.help("add `[retrieval]`, or take another signal"));
            }
        }
        for signal in Signal::ALL.into_iter().filter(|signal| !escalate.when.contains(*signal)) {
            let Some(measure) = signal.measure() else { continue };
            let pointer = format!("/model/escalate/at_least/{measure}");
            if self.source.has(&pointer) {
                let wrong = self.source.at_key(&pointer, format!("`{measure}` is not looked at"));
                self.found.push(wrong.help(format!("add `\"{signal}\"` to `when`, or leave it out")));
            }
        }
        for key in ["samples", "sample_temperature"] {
            let pointer = format!("/model/escalate/{key}");
            if self.source.has(&pointer) && !escalate.when.contains(Signal::Disagreement) {
                let wrong = self.source.at_key(&pointer, "no further answers are asked for");
                self.found.push(wrong.help("add `\"disagreement\"` to `when`, or leave it out"));
            }
        }
    }
}
