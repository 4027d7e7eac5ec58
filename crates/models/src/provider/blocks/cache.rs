//! Marks for the provider's prompt cache, where the app set none of its own: at the end of the tools, at the end of what
//! stays the same of the instructions, and at the end of the last turn but one of the user, each only where the prompt up
//! to there is long enough to be kept. A mark on a part that changes with every call would cost a write and never be
//! read, so what was retrieved or asked for this very call ends the stable part.

use super::{Block, Conversation, Piece, Tool};
use crate::reply::Call;
use crate::tokens::Count;
use serde_json::{Value, json};

/// What the provider keeps.
#[derive(Clone, Copy, Debug)]
pub(in crate::provider) struct Rules {
    /// The shortest prompt that is kept, in tokens.
    pub(in crate::provider) least: u64,
    /// Whether a mark may stand behind the tools.
    pub(in crate::provider) tools: bool,
}

/// Sets the marks, at most three of the four that providers allow.
pub(in crate::provider) fn mark(conversation: &mut Conversation, tools: &mut [Tool], call: &Call, rules: Rules) {
    if conversation.blocks().any(is_marked) || tools.iter().any(|tool| cache_of_tool(tool).is_some()) {
        return;
    }
    let mut count = Count::default();
    tools.iter().for_each(|tool| add_tool(&mut count, tool));
    if rules.tools
        && count.tokens() >= rules.least
        && let Some(Tool::Function { cache, .. }) = tools.last_mut()
    {
        *cache = Some(ephemeral());
    }
    let is_stable = mark_system(&mut conversation.system, &mut count, call, rules.least);
    if is_stable {
        mark_turns(conversation, &mut count, rules.least);
    }
}

fn ephemeral() -> Value {
    json!({"type": "ephemeral"})
}

fn is_marked(block: &Block) -> bool {
    let inside = matches!(&block.piece, Piece::Result { blocks, .. } if blocks.iter().any(is_marked));
    let other = matches!(&block.piece, Piece::Other(value) if value.get("cache_control").is_some());
    inside || other || block.cache.is_some()
}

fn cache_of_tool(tool: &Tool) -> Option<&Value> {
    match tool {
        Tool::Function { cache, .. } => cache.as_ref(),
        Tool::Other(tool) => tool.get("cache_control"),
    }
}

/// Marks the end of what is stable of the instructions. Returns whether all of them are.
fn mark_system(system: &mut Vec<Block>, count: &mut Count, call: &Call, least: u64) -> bool {
    for at in 0..system.len() {
        let Piece::Text(text) = &system[at].piece else { continue };
        let Some(stable) = stable_length(text, call) else {
            count.add(text);
            continue;
        };
        let (head, tail) = text.split_at(stable);
        count.add(head);
        let (head, tail) = (head.to_owned(), tail.to_owned());
        if count.tokens() >= least && !head.trim().is_empty() {
            let cache = system[at].cache.take();
            system[at] = Block { piece: Piece::Text(tail), cache };
            system.insert(at, Block { piece: Piece::Text(head), cache: Some(ephemeral()) });
        } else if count.tokens() >= least && at > 0 {
            system[at - 1].cache = Some(ephemeral());
        }
        return false;
    }
    if let Some(last) = system.last_mut().filter(|_| count.tokens() >= least) {
        last.cache = Some(ephemeral());
    }
    true
}

/// Bytes of the text up to the paragraph in which something of this very call stands; `None` when nothing does.
fn stable_length(text: &str, call: &Call) -> Option<usize> {
    let of_passages = call.passages.iter().flat_map(|passage| [&passage.text, &passage.source.title]);
    let changing = of_passages.chain([&call.question]).filter(|part| !part.trim().is_empty());
    let first = changing.filter_map(|part| text.find(part.as_str())).min()?;
    Some(text[..first].rfind("\n\n").map_or(0, |end| end + "\n\n".len()))
}

fn mark_turns(conversation: &mut Conversation, count: &mut Count, least: u64) {
    let mut users = conversation.turns.iter().enumerate().rev().filter(|(_, turn)| !turn.by_assistant);
    let Some((at, _)) = users.nth(1) else { return };
    conversation.turns[..=at].iter().flat_map(|turn| &turn.blocks).for_each(|block| add(count, block));
    if let Some(last) = conversation.turns[at].blocks.last_mut().filter(|_| count.tokens() >= least) {
        last.cache = Some(ephemeral());
    }
}

fn add(count: &mut Count, block: &Block) {
    match &block.piece {
        Piece::Text(text) | Piece::Thinking { text, .. } => count.add(text),
        Piece::Call { name, input, .. } => {
            count.add(name);
            count.add_value(input);
        }
        Piece::Result { blocks, .. } => blocks.iter().for_each(|block| add(count, block)),
        // Their length in tokens is not known from here.
        Piece::Image(_) | Piece::Document { .. } | Piece::Redacted(_) | Piece::Other(_) => {}
    }
}

fn add_tool(count: &mut Count, tool: &Tool) {
    match tool {
        Tool::Function { name, description, schema, .. } => {
            count.add(name);
            description.iter().for_each(|text| count.add(text));
            count.add_value(schema);
        }
        Tool::Other(tool) => count.add_value(tool),
    }
}
