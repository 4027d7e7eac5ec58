//! Log-probabilities are asked for where they are to be had: they tell the house how sure a model was, and no answer
//! may fail for want of them. A target that refuses them is asked once more without, and never for them again.

use crate::error::Error;
use crate::provider::Answer;
use crate::reply::Call;
use crate::residency::Cleared;
use serde_json::{Value, json};
use std::sync::Arc;

/// The field of chat completions that asks for them.
const FIELD: &str = "logprobs";

/// The call with the wish; `None` where the app asks for them itself, and where they were refused before.
pub(super) fn wish(cleared: &Cleared, call: &Call) -> Option<Call> {
    let says = call.request.rest.get(FIELD).is_some_and(|value| !matches!(value, Value::Null | Value::Bool(false)));
    if says || cleared.is_last_resort() || !cleared.vital.may_give_logprobs() {
        return None;
    }
    let mut call = call.clone();
    let request = Arc::make_mut(&mut call.request);
    request.rest.insert(FIELD.to_owned(), json!(true));
    request.changed();
    Some(call)
}

/// The app did not ask for them, so it is not warned when they are left out.
pub(super) fn without_warnings(mut answer: Answer) -> Answer {
    answer.warnings.retain(|warning| !warning.contains(FIELD));
    answer
}

/// Whether the wish was what made the call fail, as far as can be told: the provider has no word for it, or the
/// upstream names the field. Neither did any work.
pub(super) fn are_refused(error: &Error) -> bool {
    match error {
        Error::Unsupported { feature, .. } => feature.contains(FIELD),
        Error::Status(upstream) => {
            let named = upstream.param.as_deref() == Some(FIELD) || upstream.message.to_lowercase().contains(FIELD);
            matches!(upstream.status, Some(400 | 403 | 404 | 422)) && named
        }
        _ => false,
    }
}
