//! What is expected of every cell, and the docs that say so.

use super::upstream::Wire;
use super::{Dialect, Kind};
use serde_json::{Value, json};
use std::path::Path;

/// A feature and how it went at every provider: a sign for each dialect (chat completions, messages, responses).
pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) cells: [String; 9],
}

/// `●` translated, `n` done and what was lost named, `x` refused, `-` the dialect has no word for it; in the order chat
/// completions, messages, responses. The columns are the kinds in their order.
#[rustfmt::skip]
const EXPECTED: &[(&str, &str)] = &[
    ("text", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("text streamed", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("system", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("picture", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("picture by address", "●●● ●●● ●●● xxx ●●● ●●● ●●● ●●● xxx"),
    ("document", "●●● ●●● ●●● ●●● xxx ●●● xxx xxx xxx"),
    ("tool called", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("tools called", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("tools streamed", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("results", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("forced", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● xxx"),
    ("named", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● xxx"),
    ("one at a time", "●●● ●●● ●●● ●●● ●●● nnn nnn ●●● nnn"),
    ("schema", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("json", "●-● ●-● x-x x-x ●-● ●-● ●-● ●-● ●-●"),
    ("reasoning", "●n● ●n● ●●● ●●● ●n● ●●● ●●● ●n● ●n●"),
    ("reasoning streamed", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("cache", "●n- nn- ●●- ●●- ●n- nn- nn- nn- ●n-"),
    ("stop", "●●- ●●- ●●- ●●- ●●- ●●- ●●- ●●- ●●-"),
    ("limit", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("limit new", "●-- ●-- ●-- ●-- ●-- ●-- ●-- ●-- ●--"),
    ("temperature", "●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●● ●●●"),
    ("top_k", "-n- -n- -●- -●- -●- -●- -●- -n- -n-"),
    ("seed", "●-- ●-- n-- n-- ●-- ●-- ●-- ●-- ●--"),
    ("user", "●●● ●●● ●●● nnn ●●● nnn nnn nnn nnn"),
    ("logprobs", "●-● ●-● x-x x-x ●-● ●-● x-x x-x ●-●"),
    ("n", "●-- ●-- x-- x-- ●-- ●-- x-- ●-- x--"),
    ("own tool", "-xx -xx -●x -xx -xx -xx -xx -xx -xx"),
    ("unknown", "●nn ●nn n●n nnn ●nn nnn nnn ●nn ●nn"),
];

/// Holds what was found against the table, and the docs against both.
pub(super) fn check(found: &[Row]) {
    let written: Vec<String> =
        found.iter().map(|row| format!("    ({:?}, {:?}),", row.name, row.cells.join(" "))).collect();
    let expected: Vec<String> = EXPECTED.iter().map(|(name, cells)| format!("    ({name:?}, {cells:?}),")).collect();
    assert_eq!(written, expected, "the table should be:\n{}", written.join("\n"));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/providers.md");
    let page = std::fs::read_to_string(path).expect("the docs");
    let section = section(found);
    assert!(page.contains(&section), "docs/providers.md should hold:\n{section}");
}

/// The docs' table.
fn section(found: &[Row]) -> String {
    let names: Vec<&str> = Kind::ALL.iter().map(|kind| kind.name()).collect();
    let mut section = format!("| feature | {} |\n|{}\n", names.join(" | "), " --- |".repeat(names.len() + 1));
    for row in found {
        let cells: Vec<String> = row.cells.iter().map(|cell| shown(cell)).collect();
        section.push_str(&format!("| {} | {} |\n", row.title, cells.join(" | ")));
    }
    section
}

/// One sign where all dialects that have a word for it go alike, else each by its letter.
fn shown(cell: &str) -> String {
    let word = |sign: char| match sign {
        '●' => "●",
        'n' => "named",
        _ => "refused",
    };
    let signs: Vec<(char, &str)> = cell.chars().zip(["C", "M", "R"]).filter(|(sign, _)| *sign != '-').collect();
    if signs.iter().all(|(sign, _)| *sign == signs[0].0) {
        return word(signs[0].0).to_owned();
    }
    let mut shown: Vec<String> = Vec::new();
    for kind in ['●', 'n', 'x'] {
        let letters: String = signs.iter().filter(|(sign, _)| *sign == kind).map(|(_, letter)| *letter).collect();
        if !letters.is_empty() {
            shown.push(format!("{} {letters}", word(kind)));
        }
    }
    shown.join(", ")
}

/// The word that a warning or a refusal has for a feature.
pub(super) fn word(feature: &str) -> &'static str {
    match feature {
        "picture by address" => "picture",
        "document" => "type `",
        "forced" | "named" => "`tool_choice`",
        "one at a time" => "`parallel_tool_calls`",
        "json" => "`response_format`",
        "reasoning" => "`thinking`",
        "cache" => "`cache_control`",
        "top_k" => "`top_k`",
        "seed" => "`seed`",
        "user" => "`user`",
        "logprobs" => "`logprobs`",
        "n" => "`n`",
        "own tool" => "`web_search",
        "unknown" => "`a_field_of_tomorrow`",
        other => panic!("{other} is not expected to be lost anywhere"),
    }
}

/// Holds what a provider was sent against the key fields of the feature. A pointer of `""` asks for a text somewhere.
pub(super) fn check_sent(cell: &str, feature: &str, kind: Kind, dialect: Dialect, asked: &Value, sent: &Value) {
    if dialect == Dialect::Messages && kind == Kind::Anthropic {
        let mut expected = asked.clone();
        expected["model"] = kind.model().into();
        assert_eq!(sent, &expected, "{cell}: to the letter");
        return;
    }
    for (pointer, expected) in fields(feature, kind, dialect) {
        if pointer.is_empty() {
            let needle = expected.as_str().unwrap_or_default();
            assert!(sent.to_string().contains(needle), "{cell}: {needle} in {sent}");
        } else {
            assert_eq!(sent.pointer(pointer), Some(&expected), "{cell}: {pointer} of {sent}");
        }
    }
}

fn fields(feature: &str, kind: Kind, dialect: Dialect) -> Vec<(&'static str, Value)> {
    match kind.wire() {
        Wire::Chat => chat(feature, kind, dialect),
        Wire::Anthropic => anthropic(feature),
        Wire::Bedrock => bedrock(feature),
        Wire::Gemini => gemini(feature),
        Wire::Cohere => cohere(feature),
    }
}

fn says(text: &str) -> (&'static str, Value) {
    ("", text.into())
}

fn chat(feature: &str, kind: Kind, dialect: Dialect) -> Vec<(&'static str, Value)> {
    let limit = match kind {
        Kind::Mistral | Kind::Ollama => "max_tokens",
        _ => "max_completion_tokens",
    };
    match feature {
        "text" => vec![("/messages/0/role", json!("user")), says("\"Hi\"")],
        "text streamed" => vec![("/stream", json!(true))],
        "system" => vec![("/messages/0/role", json!("system")), ("/messages/0/content", json!("Be brief."))],
        "picture" => vec![("/messages/0/content/0/image_url/url", json!("data:image/png;base64,iVBORw0KGgo="))],
        "picture by address" => {
            vec![("/messages/0/content/0/image_url/url", json!("https://pictures.example/cat.png"))]
        }
        "document" => vec![("/messages/0/content/0/file/file_data", json!("data:application/pdf;base64,JVBERi0="))],
        "tool called" | "tools called" | "tools streamed" => {
            vec![("/tools/0/function/name", json!("weather")), ("/tools/0/function/parameters/type", json!("object"))]
        }
        "results" => vec![
            ("/messages/1/tool_calls/1/function/arguments", json!("{\"city\":\"Rome\"}")),
            ("/messages/2/role", json!("tool")),
            ("/messages/3/role", json!("tool")),
            says("sun"),
        ],
        "forced" => vec![("/tool_choice", json!("required"))],
        "named" => vec![("/tool_choice/function/name", json!("weather"))],
        "one at a time" if kind != Kind::Ollama => vec![("/parallel_tool_calls", json!(false))],
        "schema" => vec![("/response_format/json_schema/schema/required/0", json!("a"))],
        "json" => vec![("/response_format/type", json!("json_object"))],
        "stop" => vec![says("\"END\"")],
        "limit" => vec![says("\":9")],
        "limit new" => vec![(if limit == "max_tokens" { "/max_tokens" } else { "/max_completion_tokens" }, json!(9))],
        "temperature" => vec![("/temperature", json!(0.5))],
        "seed" => vec![(if kind == Kind::Mistral { "/random_seed" } else { "/seed" }, json!(7))],
        "user" if !matches!(kind, Kind::Mistral | Kind::Ollama) => vec![("/user", json!("u-1"))],
        "logprobs" => vec![("/logprobs", json!(true))],
        "n" => vec![("/n", json!(2))],
        "unknown" if dialect == Dialect::Chat => vec![("/a_field_of_tomorrow", json!(1))],
        _ => Vec::new(),
    }
}

fn anthropic(feature: &str) -> Vec<(&'static str, Value)> {
    match feature {
        "text" => vec![("/messages/0/content/0/text", json!("Hi")), ("/max_tokens", json!(4096))],
        "text streamed" => vec![("/stream", json!(true))],
        "system" => vec![("/system/0/text", json!("Be brief."))],
        "picture" => vec![("/messages/0/content/0/source/data", json!("iVBORw0KGgo="))],
        "picture by address" => vec![("/messages/0/content/0/source/url", json!("https://pictures.example/cat.png"))],
        "document" => vec![("/messages/0/content/0/source/media_type", json!("application/pdf"))],
        "tool called" | "tools called" | "tools streamed" => vec![("/tools/0/input_schema/type", json!("object"))],
        "results" => vec![
            ("/messages/1/content/1/input", json!({"city": "Rome"})),
            ("/messages/2/content/0/tool_use_id", json!("call_1")),
            ("/messages/2/content/1/content/0/text", json!("sun")),
        ],
        "forced" => vec![("/tool_choice/type", json!("any"))],
        "named" => vec![("/tool_choice", json!({"type": "tool", "name": "weather"}))],
        "one at a time" => vec![("/tool_choice/disable_parallel_tool_use", json!(true))],
        "schema" => vec![("/output_config/format/schema/required/0", json!("a"))],
        "reasoning" => vec![("/thinking/budget_tokens", json!(2048))],
        "cache" => vec![("/messages/0/content/0/cache_control/type", json!("ephemeral"))],
        "stop" => vec![("/stop_sequences", json!(["END"]))],
        "limit" | "limit new" => vec![("/max_tokens", json!(9))],
        "temperature" => vec![("/temperature", json!(0.5))],
        "user" => vec![("/metadata/user_id", json!("u-1"))],
        _ => Vec::new(),
    }
}

fn bedrock(feature: &str) -> Vec<(&'static str, Value)> {
    match feature {
        "text" => vec![("/messages/0/content/0/text", json!("Hi"))],
        "system" => vec![("/system/0/text", json!("Be brief."))],
        "picture" => vec![("/messages/0/content/0/image/source/bytes", json!("iVBORw0KGgo="))],
        "document" => vec![("/messages/0/content/0/document/format", json!("pdf"))],
        "tool called" | "tools called" | "tools streamed" => {
            vec![("/toolConfig/tools/0/toolSpec/inputSchema/json/type", json!("object"))]
        }
        "results" => vec![
            ("/messages/1/content/1/toolUse/input", json!({"city": "Rome"})),
            ("/messages/2/content/1/toolResult/content/0/text", json!("sun")),
        ],
        "forced" => vec![("/toolConfig/toolChoice", json!({"any": {}}))],
        "named" => vec![("/toolConfig/toolChoice/tool/name", json!("weather"))],
        "one at a time" => vec![("/additionalModelRequestFields/tool_choice/disable_parallel_tool_use", json!(true))],
        "schema" => vec![("/outputConfig/textFormat/type", json!("json_schema"))],
        "reasoning" => vec![("/additionalModelRequestFields/thinking/budget_tokens", json!(2048))],
        "cache" => vec![("/messages/0/content/1/cachePoint/type", json!("default"))],
        "stop" => vec![("/inferenceConfig/stopSequences", json!(["END"]))],
        "limit" | "limit new" => vec![("/inferenceConfig/maxTokens", json!(9))],
        "temperature" => vec![("/inferenceConfig/temperature", json!(0.5))],
        "top_k" => vec![("/additionalModelRequestFields/top_k", json!(5))],
        _ => Vec::new(),
    }
}

fn gemini(feature: &str) -> Vec<(&'static str, Value)> {
    match feature {
        "text" => vec![("/contents/0/parts/0/text", json!("Hi"))],
        "system" => vec![("/systemInstruction/parts/0/text", json!("Be brief."))],
        "picture" => vec![("/contents/0/parts/0/inlineData/mimeType", json!("image/png"))],
        "picture by address" => {
            vec![("/contents/0/parts/0/fileData/fileUri", json!("https://pictures.example/cat.png"))]
        }
        "document" => vec![("/contents/0/parts/0/inlineData/mimeType", json!("application/pdf"))],
        "tool called" | "tools called" | "tools streamed" => {
            vec![("/tools/0/functionDeclarations/0/parametersJsonSchema/type", json!("object"))]
        }
        "results" => vec![
            ("/contents/1/parts/1/functionCall/args", json!({"city": "Rome"})),
            ("/contents/2/parts/1/functionResponse/response", json!({"output": "sun"})),
        ],
        "forced" => vec![("/toolConfig/functionCallingConfig/mode", json!("ANY"))],
        "named" => vec![("/toolConfig/functionCallingConfig/allowedFunctionNames/0", json!("weather"))],
        "schema" => vec![("/generationConfig/responseJsonSchema/required/0", json!("a"))],
        "json" => vec![("/generationConfig/responseMimeType", json!("application/json"))],
        "reasoning" => vec![("/generationConfig/thinkingConfig/includeThoughts", json!(true))],
        "stop" => vec![("/generationConfig/stopSequences", json!(["END"]))],
        "limit" | "limit new" => vec![("/generationConfig/maxOutputTokens", json!(9))],
        "temperature" => vec![("/generationConfig/temperature", json!(0.5))],
        "top_k" => vec![("/generationConfig/topK", json!(5))],
        "seed" => vec![("/generationConfig/seed", json!(7))],
        "logprobs" => vec![("/generationConfig/responseLogprobs", json!(true))],
        "n" => vec![("/generationConfig/candidateCount", json!(2))],
        _ => Vec::new(),
    }
}

fn cohere(feature: &str) -> Vec<(&'static str, Value)> {
    match feature {
        "text" => vec![("/messages/0/role", json!("user")), says("\"Hi\"")],
        "text streamed" => vec![("/stream", json!(true))],
        "system" => vec![("/messages/0/role", json!("system"))],
        "picture" => vec![("/messages/0/content/0/image_url/url", json!("data:image/png;base64,iVBORw0KGgo="))],
        "tool called" | "tools called" | "tools streamed" => vec![("/tools/0/function/name", json!("weather"))],
        "results" => vec![
            ("/messages/1/tool_calls/1/function/arguments", json!("{\"city\":\"Rome\"}")),
            ("/messages/3/tool_call_id", json!("call_2")),
        ],
        "forced" | "named" => vec![("/tool_choice", json!("REQUIRED"))],
        "schema" => vec![("/response_format/json_schema/required/0", json!("a"))],
        "json" => vec![("/response_format/type", json!("json_object"))],
        "reasoning" => vec![("/thinking/type", json!("enabled"))],
        "stop" => vec![("/stop_sequences", json!(["END"]))],
        "limit" | "limit new" => vec![("/max_tokens", json!(9))],
        "temperature" => vec![("/temperature", json!(0.5))],
        "top_k" => vec![("/k", json!(5))],
        "seed" => vec![("/seed", json!(7))],
        _ => Vec::new(),
    }
}
