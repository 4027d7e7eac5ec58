//! Within step 3: signed thoughts that were masked. A provider signs the very words that it gave, with placeholders in them;
//! the app has them with what the placeholders stood for, and sends them back so. Masked again they have other placeholders
//! and are not what was signed, and the provider would refuse the whole request. So they are left out, and that is said.

use guardrails::Vault;
use serde_json::Value;
use usecase::{ChatRequest, Message};

/// The signed blocks of a message.
const BLOCKS: &str = "thinking_blocks";

/// Takes the signed thoughts away whose words were masked. Returns whether there were any.
pub(crate) fn drop_masked(request: &mut ChatRequest, vault: &Vault) -> bool {
    let mut dropped = false;
    for message in request.messages.iter_mut().filter(|_| !vault.is_empty()) {
        if is_masked(message, vault) {
            message.rest.shift_remove(BLOCKS);
            dropped = true;
        }
    }
    dropped
}

/// A block of a streamed answer may be empty: its words are beside it then.
fn is_masked(message: &Message, vault: &Vault) -> bool {
    let Some(blocks) = message.rest.get(BLOCKS).and_then(Value::as_array) else { return false };
    let words = blocks.iter().filter_map(|block| block.get("thinking")).chain(message.rest.get("reasoning_content"));
    words.filter_map(Value::as_str).any(|words| vault.restore(words) != words)
}

#[cfg(test)]
mod tests {
    use super::*;
    use guardrails::Guards;
    use serde_json::json;
    use usecase::declared::Guard;
    use usecase::{Content, Role};

    #[test]
    fn thoughts_that_were_masked_are_dropped_and_no_others() {
        let check = |fields: Value, asked: &str, is_kept: bool| {
            let Value::Object(rest) = fields else { panic!("fields") };
            let thinker = Message { role: Role::Assistant, content: Content::Absent, rest };
            let mut request = ChatRequest::new("a/m", vec![Message::new(Role::User, asked), thinker]);
            let mut vault = Vault::new();
            Guards::new(&Guard::default()).check_input(&mut request.messages, &mut vault);
            assert_eq!(drop_masked(&mut request, &vault), !is_kept, "{request:?}");
            assert_eq!(request.messages[1].rest.contains_key(BLOCKS), is_kept);
        };
        let block = |words: &str| json!({ "type": "thinking", "thinking": words, "signature": "c2ln" });
        let personal = "Write to ann@example.com about it.";
        check(json!({ "thinking_blocks": [block(personal)] }), "Hi", false);
        check(json!({ "thinking_blocks": [block("Hm."), block(personal)] }), "Hi", false);
        check(json!({ "thinking_blocks": [block("")], "reasoning_content": personal }), "Hi", false);
        check(json!({ "thinking_blocks": [block("Hm.")] }), personal, true);
        check(json!({ "thinking_blocks": [{ "type": "redacted_thinking", "data": "AAAA" }] }), personal, true);
        assert!(!drop_masked(&mut ChatRequest::new("a/m", Vec::new()), &Vault::new()));
    }
}
