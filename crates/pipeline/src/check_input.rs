//! Step 1: nothing goes on unless it was checked. Personal data and secrets are masked in every text of the request,
//! also in tool calls and unknown fields; an injection or a rule that says so refuses it. Where a guard is unsure, the model
//! that the use case declares for that is asked, with the masked text.

use crate::error::Error;
use crate::prepared::Prepared;
use crate::tier;
use crate::trail::Trail;
use guardrails::{CheckedInput, Vault};
use std::sync::Arc;
use usecase::message::{each_leaf, each_leaf_of};
use usecase::{ChatRequest, Decision, Message, Role, Verdict};

/// Proof that the input was checked and masked. Only this step makes it, and the next one demands it.
pub(crate) struct Guarded {
    pub(crate) request: ChatRequest,
    /// What was masked, to be restored in the answer.
    pub(crate) vault: Vault,
    /// What a model must be told about marks in tool results.
    pub(crate) explanation: Option<String>,
    _checked: (),
}

/// A guard said no.
pub(crate) struct Refusal {
    pub(crate) verdict: Verdict,
}

/// The rule that a person's life may hang on.
const SELF_HARM: (&str, &str) = ("sensitive", "self_harm");

/// Requests with more text than this, in bytes, are judged beside the network threads: the guards take about 50 µs for a
/// KB, and a thread that judges a megabyte answers nobody else meanwhile.
const LONG_TEXT: usize = 16 * 1024;

pub(crate) async fn check(
    prepared: &Arc<Prepared>,
    request: ChatRequest,
    trail: &mut Trail,
) -> Result<Result<Guarded, Refusal>, Error> {
    trail.asked_for(&request);
    let step = trail.step("guard_input");
    let (request, vault, mut checked) = mask(prepared, request).await?;
    trail.end(step);
    if !checked.unsure.is_empty() {
        let unsure = std::mem::take(&mut checked.unsure);
        // What is refused anyway need not be asked about: there the guards' own word holds.
        if checked.verdicts.iter().any(refuses) {
            checked.verdicts.extend(unsure.into_iter().filter(|one| one.fires).map(|one| one.verdict));
        } else {
            let doubts = tier::doubts(&request.messages, unsure);
            checked.verdicts.extend(Box::pin(tier::settle(prepared, doubts, trail)).await);
        }
    }
    trail.judged(&checked.verdicts);
    Ok(match told(prepared, checked.verdicts) {
        Some(verdict) => Err(Refusal { verdict }),
        None => Ok(Guarded { request, vault, explanation: checked.explanation, _checked: () }),
    })
}

/// Of the rules that refuse the one whose words the caller reads: what is said to a person in danger goes before all else,
/// then what the owner says at all.
fn told(prepared: &Prepared, verdicts: Vec<Verdict>) -> Option<Verdict> {
    let weight = |verdict: &Verdict| {
        let says = prepared.guards.says(&verdict.guard, &verdict.rule).is_some();
        (says && (verdict.guard.as_str(), verdict.rule.as_str()) == SELF_HARM, says)
    };
    // The first of equals.
    verdicts.into_iter().filter(refuses).rev().max_by_key(weight)
}

fn refuses(verdict: &Verdict) -> bool {
    verdict.acts() == Decision::Refuse
}

/// The request masked, what was masked, and what was found.
pub(crate) async fn mask(
    prepared: &Arc<Prepared>,
    request: ChatRequest,
) -> Result<(ChatRequest, Vault, CheckedInput), Error> {
    let prepared = Arc::clone(prepared);
    where_it_fits(request.text_bytes(), move || judge(&prepared, request)).await
}

/// Judges so many bytes of text: a long one beside the network threads.
pub(crate) async fn where_it_fits<T: Send + 'static>(
    bytes: usize,
    judging: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    if bytes <= LONG_TEXT {
        return Ok(judging());
    }
    tokio::task::spawn_blocking(judging).await.map_err(|_| Error::WorkerStopped)
}

fn judge(prepared: &Prepared, mut request: ChatRequest) -> (ChatRequest, Vault, CheckedInput) {
    let conversation = prepared.vault_key.as_ref().zip(request.conversation.as_deref());
    let mut vault = conversation
        .map_or_else(Vault::new, |(key, name)| Vault::for_conversation(key, &format!("{} {name}", prepared.name())));
    let mut checked = prepared.guards.check_input(&mut request.messages, &mut vault);
    checked.verdicts.extend(mask_fields(prepared, &mut request, &mut vault));
    if !vault.is_empty() || checked.verdicts.iter().any(|verdict| verdict.acts() == Decision::Mask) {
        request.changed();
    }
    (request, vault, checked)
}

/// The fields beside the messages leave too: every text in them is masked as a message of its own would be, and in the
/// app's metadata every long number. Only personal data is looked for; an instruction in a tool's description is the
/// app's own.
pub(crate) fn mask_fields(prepared: &Prepared, request: &mut ChatRequest, vault: &mut Vault) -> Vec<Verdict> {
    let mut leaves = Vec::new();
    each_field(request, &mut |text| {
        leaves.push(Message::new(Role::User, text));
        None
    });
    let verdicts = prepared.masking_only.check_input(&mut leaves, vault).verdicts;
    let mut masked = leaves.into_iter();
    each_field(request, &mut |text| masked.next().map(|leaf| leaf.content.text()).filter(|leaf| leaf != text));
    verdicts
}

fn each_field(request: &mut ChatRequest, change: &mut dyn FnMut(&str) -> Option<String>) {
    each_leaf_of(&mut request.rest, false, change);
    each_leaf_of(&mut request.metadata, true, change);
    request.lost.unseen.iter_mut().for_each(|field| each_leaf(field, true, change));
}
