//! The moderation endpoint that OpenAI made and others took over, and Bedrock's ApplyGuardrail.
//!
//! Sources: platform.openai.com/docs/api-reference/moderations and
//! docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ApplyGuardrail.html, read in November 2026.

use crate::routing::{Moderation, ModerationRequest};
use serde_json::{Value, json};

pub(crate) fn body(model: &str, request: &ModerationRequest) -> Value {
    json!({"model": model, "input": request.text})
}

/// The highest score of any category; a flag is 1 whatever the scores, since each server has its own thresholds.
pub(crate) fn read(answer: &Value) -> Result<Moderation, String> {
    let result = answer.pointer("/results/0").ok_or("`results` is missing")?;
    let scores = result.get("category_scores").and_then(Value::as_object);
    let highest = scores.into_iter().flatten().filter_map(|(_, score)| score.as_f64()).fold(None, most);
    let flagged = result.get("flagged").and_then(Value::as_bool);
    let score = match (flagged, highest) {
        (Some(true), _) => 1.0,
        // It holds this for harmless, so no score of it may weigh more than a doubt.
        (Some(false), highest) => highest.unwrap_or(0.0).min(0.49),
        (None, Some(highest)) => highest,
        (None, None) => return Err("neither `flagged` nor a score is there".to_owned()),
    };
    Ok(Moderation { score: score.clamp(0.0, 1.0), usage: None })
}

fn most(known: Option<f64>, score: f64) -> Option<f64> {
    score.is_finite().then(|| known.map_or(score, |known| known.max(score))).or(known)
}

/// The path of a guardrail written as `identifier:version`; `DRAFT` where no version is named.
pub(crate) fn guardrail(name: &str) -> (&str, &str) {
    name.rsplit_once(':').filter(|(_, version)| !version.contains('/')).unwrap_or((name, "DRAFT"))
}

pub(crate) fn guardrail_body(request: &ModerationRequest) -> Value {
    let source = if request.said_by_model { "OUTPUT" } else { "INPUT" };
    json!({"source": source, "content": [{"text": {"text": request.text}}]})
}

/// A guardrail steps in or does not.
pub(crate) fn read_guardrail(answer: &Value) -> Result<Moderation, String> {
    let score = match answer.get("action").and_then(Value::as_str) {
        Some("GUARDRAIL_INTERVENED") => 1.0,
        Some("NONE") => 0.0,
        _ => return Err("`action` is missing".to_owned()),
    };
    Ok(Moderation { score, usage: None })
}

#[cfg(test)]
mod tests {
    //! What servers answer.

    use super::{guardrail, read, read_guardrail};
    use serde_json::json;

    #[test]
    fn answers_are_read_or_refused() {
        let check = |answer: serde_json::Value, score: Result<f64, &str>| {
            assert_eq!(read(&answer).map(|read| read.score), score.map_err(str::to_owned), "{answer}");
        };
        check(json!({"results": [{"flagged": true, "category_scores": {"hate": 0.2}}]}), Ok(1.0));
        check(json!({"results": [{"flagged": false, "category_scores": {"hate": 0.2, "violence": 0.3}}]}), Ok(0.3));
        check(json!({"results": [{"flagged": false, "category_scores": {"hate": 0.9}}]}), Ok(0.49));
        check(json!({"results": [{"category_scores": {"hate": 0.9}}]}), Ok(0.9));
        check(json!({"results": [{}]}), Err("neither `flagged` nor a score is there"));
        check(json!({}), Err("`results` is missing"));
    }

    #[test]
    fn guardrails_step_in_or_not() {
        assert_eq!(read_guardrail(&json!({"action": "GUARDRAIL_INTERVENED"})).map(|read| read.score), Ok(1.0));
        assert_eq!(read_guardrail(&json!({"action": "NONE"})).map(|read| read.score), Ok(0.0));
        assert!(read_guardrail(&json!({})).is_err());
        assert_eq!(guardrail("abc123:2"), ("abc123", "2"));
        assert_eq!(guardrail("abc123"), ("abc123", "DRAFT"));
        assert_eq!(guardrail("arn:aws:bedrock:eu-central-1:1:guardrail/abc").1, "DRAFT");
    }
}
