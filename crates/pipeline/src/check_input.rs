//! Step 1: nothing goes on unless it was checked. Personal data and secrets are masked in every text of the request,
//! also in tool calls and unknown fields; an injection or a rule that says so refuses it.

use crate::prepared::Prepared;
use crate::trail::Trail;
use guardrails::Vault;
use usecase::{ChatRequest, Content, Decision, Message, Role, Verdict};

/// Proof that the input was checked and masked. Only this step makes it, and the next one demands it.
pub(crate) struct Guarded {
    pub(crate) request: ChatRequest,
    /// What was masked, to be restored in the answer.
    pub(crate) vault: Vault,
    _checked: (),
}

/// A guard said no.
pub(crate) struct Refusal {
    pub(crate) verdict: Verdict,
}

pub(crate) fn check(prepared: &Prepared, mut request: ChatRequest, trail: &mut Trail) -> Result<Guarded, Refusal> {
    trail.asked_for(&request);
    let step = trail.step("guard_input");
    let mut vault = Vault::new();
    let mut verdicts = prepared.guards.check_input(&mut request.messages, &mut vault);
    verdicts.extend(mask_fields(prepared, &mut request, &mut vault));
    trail.end(step);
    trail.judged(&verdicts);
    match verdicts.into_iter().find(|verdict| verdict.decision == Decision::Refuse) {
        Some(verdict) => Err(Refusal { verdict }),
        None => Ok(Guarded { request, vault, _checked: () }),
    }
}

/// The fields beside the messages leave too: they are masked as the fields of one more message would be. Only their
/// personal data is judged; an instruction in a tool's description is the app's own.
fn mask_fields(prepared: &Prepared, request: &mut ChatRequest, vault: &mut Vault) -> Vec<Verdict> {
    let carry = |fields: &mut serde_json::Map<String, serde_json::Value>| Message {
        role: Role::Tool,
        content: Content::Absent,
        rest: std::mem::take(fields),
    };
    let mut carriers = [carry(&mut request.rest), carry(&mut request.metadata)];
    let verdicts = prepared.masking_only.check_input(&mut carriers, vault);
    let [rest, metadata] = carriers;
    request.rest = rest.rest;
    request.metadata = metadata.rest;
    verdicts
}
