//! Step 3: the prompt. The use case's template makes the system message, its stable part first, so that a provider's
//! prompt cache can keep it; passages and context come last in it, then the conversation as it came.

use crate::error::Error;
use crate::find::Found;
use crate::prepared::Prepared;
use crate::remember::Question;
use crate::thoughts;
use crate::trail::Trail;
use guardrails::Vault;
use minijinja::value::Serde;
use minijinja::{Environment, context};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use usecase::declared::ContextSource;
use usecase::project::UseCase;
use usecase::{ChatRequest, Message, Passage, Role};

/// Used when `[prompt] template` is absent.
const DEFAULT_TEMPLATE: &str = include_str!("default_prompt.md");

/// Instructions that one rendering may execute: a template that loops for ever fails instead.
const TEMPLATE_FUEL: u64 = 5_000_000;

/// A token is taken for four characters, OpenAI's rule of thumb for English text.
const CHARACTERS_PER_TOKEN: usize = 4;

/// What is sent to a model.
#[derive(Clone)]
pub(crate) struct Prompt {
    pub(crate) request: Arc<ChatRequest>,
    pub(crate) vault: Vault,
    pub(crate) question: String,
    pub(crate) passages: Arc<[Passage]>,
    /// The same in the words of their documents: what answers are held against.
    pub(crate) open: Arc<[Passage]>,
    /// Where the answer may be kept.
    pub(crate) remember: Option<Question>,
    /// What of the request was changed, a clause each.
    pub(crate) warnings: Vec<String>,
}

pub(crate) fn assemble(prepared: &Prepared, found: Found, trail: &mut Trail) -> Result<Prompt, Error> {
    let step = trail.step("assemble");
    let Found { request, vault, question, passages, open, explanation, remember } = found;
    let (mut request, mut warnings) = with_limits(prepared, request);
    if thoughts::drop_masked(&mut request, &vault) {
        warnings.push("signed thoughts that hold personal data were left out".to_owned());
    }
    if let Some(template) = &prepared.template {
        let blocks = prepared.blocks.fill(&request.metadata)?;
        let system = template.render(&passages, &blocks, &question, &request.metadata)?;
        let canary = prepared.secret.as_ref().and_then(|secret| secret.canary_sentence());
        let system = canary.map_or(system.clone(), |canary| format!("{canary}\n\n{system}"));
        request.messages.insert(0, Message::new(Role::System, system));
        request.changed();
        // The app's own facts were for the use case; a provider has no business with them.
        for field in ["metadata", "user", "safety_identifier"] {
            request.rest.shift_remove(field);
        }
    }
    if let Some(explanation) = explanation {
        request.messages.insert(0, Message::new(Role::System, explanation));
        request.changed();
    }
    if prepared.holds() {
        request.stream = false;
        request.rest.shift_remove("stream_options");
        request.changed();
    }
    trail.sent(&request);
    trail.end(step);
    let (request, passages, open) = (Arc::new(request), passages.into(), open.into());
    Ok(Prompt { request, vault, question, passages, open, remember, warnings })
}

/// The request with the use case's own settings where the app set none, and with no more output than the use case allows;
/// and what the app should know about that.
pub(crate) fn with_limits(prepared: &Prepared, mut request: ChatRequest) -> (ChatRequest, Vec<String>) {
    let tempered = request.rest.get("temperature").is_some_and(|value| !value.is_null());
    if let (false, Some(temperature)) = (tempered, prepared.temperature) {
        request.rest.insert("temperature".to_owned(), json!(temperature));
        request.changed();
    }
    let capped = prepared.max_tokens.filter(|limit| limit_output(&mut request, *limit));
    let warning = |limit| format!("the answer is limited to {limit} tokens, the use case's `max_tokens`");
    (request, capped.map(warning).into_iter().collect())
}

/// Limits the answer's tokens. True when the app had asked for more.
pub(crate) fn limit_output(request: &mut ChatRequest, limit: u64) -> bool {
    let (mut limited, mut capped) = (false, false);
    for field in ["max_tokens", "max_completion_tokens"] {
        let Some(asked) = request.rest.get_mut(field).filter(|value| !value.is_null()) else { continue };
        limited = true;
        if asked.as_f64().is_some_and(|asked| asked > limit as f64) {
            *asked = json!(limit);
            capped = true;
        }
    }
    if !limited {
        request.rest.insert("max_tokens".to_owned(), json!(limit));
    }
    if capped || !limited {
        request.changed();
    }
    capped
}

/// What a template may write, in bytes: more than any model reads.
const LONGEST_PROMPT: usize = 8 * 1024 * 1024;

/// Takes what a template writes, up to the limit.
#[derive(Default)]
struct Bounded {
    written: Vec<u8>,
    full: bool,
}

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.written.len() + bytes.len() > LONGEST_PROMPT {
            self.full = true;
            return Err(std::io::ErrorKind::OutOfMemory.into());
        }
        self.written.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The compiled prompt template.
pub(crate) struct Template {
    environment: Environment<'static>,
    use_case: String,
    summary: String,
}

impl Template {
    pub(crate) fn compile(use_case: &UseCase) -> Result<Self, Error> {
        let mut environment = Environment::new();
        // Its debug text quotes variables, and those hold the conversation.
        environment.set_debug(false);
        environment.set_fuel(Some(TEMPLATE_FUEL));
        environment.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
        let source = use_case.template.clone().unwrap_or_else(|| DEFAULT_TEMPLATE.to_owned());
        let template =
            Self { environment, use_case: use_case.name.clone(), summary: use_case.declared.usecase.summary.clone() };
        template.parsed(source)
    }

    /// Whether the use case's own template speaks of the request's metadata.
    pub(crate) fn reads_metadata(use_case: &UseCase) -> bool {
        use_case.template.as_ref().is_some_and(|source| source.contains("metadata"))
    }

    /// Length of the template's text, in bytes.
    pub(crate) fn length(use_case: &UseCase) -> usize {
        use_case.template.as_ref().map_or(DEFAULT_TEMPLATE.len(), String::len)
    }

    fn parsed(mut self, source: String) -> Result<Self, Error> {
        match self.environment.add_template_owned("prompt", source) {
            Ok(()) => Ok(self),
            Err(error) => Err(self.failed(&error)),
        }
    }

    pub(crate) fn render(
        &self,
        passages: &[Passage],
        blocks: &BTreeMap<String, String>,
        question: &str,
        metadata: &Map<String, Value>,
    ) -> Result<String, Error> {
        let numbered: Vec<Value> = passages
            .iter()
            .enumerate()
            .map(|(at, passage)| {
                json!({ "number": at + 1, "title": passage.source.title, "document": passage.source.document,
                        "text": shown(passage) })
            })
            .collect();
        let template = self.environment.get_template("prompt").map_err(|error| self.failed(&error))?;
        let values = context! {
            usecase => context! { name => &self.use_case, summary => &self.summary },
            passages => Serde(numbered),
            context => blocks,
            question => question,
            metadata => Serde(metadata),
            abstention => models::ABSTENTION,
        };
        let mut prompt = Bounded::default();
        let rendered = template.render_captured_to(values, &mut prompt).map(|_| ());
        if prompt.full {
            let reason = format!("it made more than {LONGEST_PROMPT} bytes");
            return Err(Error::Template { use_case: self.use_case.clone(), reason });
        }
        rendered.map_err(|error| self.failed(&error))?;
        // A template writes whole texts, so what it wrote is text.
        Ok(String::from_utf8(prompt.written).unwrap_or_default())
    }

    /// What the prompt says whatever is asked and found: the owner's own words, but for the one sentence that a model is
    /// told to say.
    pub(crate) fn stable_part(&self) -> String {
        let whole = self.render(&[], &BTreeMap::new(), "", &Map::new()).unwrap_or_default();
        whole.replace(models::ABSTENTION, "")
    }

    fn failed(&self, error: &minijinja::Error) -> Error {
        let place = error.line().map(|line| format!(" (line {line} of the template)")).unwrap_or_default();
        Error::Template { use_case: self.use_case.clone(), reason: format!("{error}{place}") }
    }
}

/// The compiled `[[context]]` blocks.
#[derive(Default)]
pub(crate) struct Blocks {
    environment: Environment<'static>,
    use_case: String,
    blocks: Vec<Block>,
}

struct Block {
    name: String,
    /// The source of the condition; it was compiled once to see that it parses.
    when: Option<String>,
    from: ContextSource,
    characters: usize,
}

impl Blocks {
    pub(crate) fn compile(use_case: &UseCase) -> Result<Self, Error> {
        let mut compiled = Self { use_case: use_case.name.clone(), ..Self::default() };
        compiled.environment.set_debug(false);
        compiled.environment.set_fuel(Some(TEMPLATE_FUEL));
        for block in &use_case.declared.context {
            if let Some(when) = &block.when {
                compiled.environment.compile_expression(when).map_err(|error| compiled.failed(&block.name, &error))?;
            }
            compiled.blocks.push(Block {
                name: block.name.clone(),
                when: block.when.clone(),
                from: block.from.clone(),
                characters: block.tokens * CHARACTERS_PER_TOKEN,
            });
        }
        Ok(compiled)
    }

    pub(crate) fn most_characters(&self) -> usize {
        self.blocks.iter().map(|block| block.characters).sum()
    }

    /// The blocks that apply to a request, by name, each cut to its limit.
    pub(crate) fn fill(&self, metadata: &Map<String, Value>) -> Result<BTreeMap<String, String>, Error> {
        let mut filled = BTreeMap::new();
        for block in &self.blocks {
            if self.applies(block, metadata)?
                && let Some(text) = block.text(metadata)
            {
                filled.insert(block.name.clone(), text.chars().take(block.characters).collect());
            }
        }
        Ok(filled)
    }

    /// Whether a block puts facts of this very request into the prompt.
    pub(crate) fn speak_of(&self, metadata: &Map<String, Value>) -> bool {
        let from_request = |block: &&Block| matches!(block.from, ContextSource::Request(_));
        // A block that cannot be judged fails the request later; until then it is taken for personal.
        let applies = |block: &Block| self.applies(block, metadata).unwrap_or(true) && block.text(metadata).is_some();
        self.blocks.iter().filter(from_request).any(applies)
    }

    fn applies(&self, block: &Block, metadata: &Map<String, Value>) -> Result<bool, Error> {
        let Some(when) = &block.when else { return Ok(true) };
        let condition = self.environment.compile_expression(when);
        let value = condition.and_then(|condition| condition.eval(Serde(metadata)));
        value.map(|value| value.is_true()).map_err(|error| self.failed(&block.name, &error))
    }

    fn failed(&self, block: &str, error: &minijinja::Error) -> Error {
        let reason = error.to_string();
        Error::Context { use_case: self.use_case.clone(), block: block.to_owned(), reason }
    }
}

impl Block {
    fn text(&self, metadata: &Map<String, Value>) -> Option<String> {
        let path = match &self.from {
            ContextSource::Text(text) => return Some(text.clone()),
            ContextSource::Request(path) => path,
        };
        let mut steps = path.strip_prefix("metadata.").unwrap_or(path).split('.');
        let first = metadata.get(steps.next()?)?;
        let value = steps.try_fold(first, |value, step| value.get(step))?;
        match value {
            Value::Null => None,
            Value::String(text) => Some(text.clone()),
            other => Some(other.to_string()),
        }
    }
}

/// What the model reads of a passage: rows of a table come with the table's header.
fn shown(passage: &Passage) -> String {
    if passage.header.is_empty() { passage.text.clone() } else { format!("{}\n{}", passage.header, passage.text) }
}
