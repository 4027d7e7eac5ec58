//! What makes no sense in `[cache]`.

use super::Judgement;

impl Judgement<'_> {
    pub(super) fn cache(&mut self) {
        let Some(cache) = &self.declared.cache else { return };
        if !cache.exact && cache.semantic.is_none() {
            let wrong = self.source.at_value("/cache/exact", "this cache would serve nothing");
            self.found.push(wrong.help("leave `[cache]` out, or declare `semantic = {}`"));
        }
        if cache.ttl.micros() == 0 {
            let wrong = self.source.at_value("/cache/ttl", "no answer would live long enough to be served");
            self.found.push(wrong.expected("a length of time, like \"1h\""));
        }
        if let Some(semantic) = &cache.semantic {
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
