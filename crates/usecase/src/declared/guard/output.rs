//! `[guard.output]`: what every answer must be like.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OutputRules {
    /// A JSON Schema file in the use case's folder. An answer that is no such JSON is repaired where that is safe and
    /// judged again; a streamed one is held back until it is whole.
    pub schema: Option<String>,
    /// The longest answer, in code points. What goes beyond it is cut off at a sentence.
    #[schemars(range(min = 1))]
    pub max_chars: Option<usize>,
    /// The languages an answer may be in, as ISO 639-1 codes like "en"; short answers are not judged.
    pub languages: Vec<String>,
    /// Words and phrases that no answer may hold, in any case, as whole words.
    pub forbidden: Vec<String>,
    /// Hosts that links may lead to, like "example.com" (with its subdomains). Other links lose their address. All hosts when
    /// absent.
    pub links: Option<Vec<String>>,
    /// Images in an answer: `strip` (the default) those that are not on a host of `links`, since loading one tells its host what
    /// its address holds; or `allow`.
    pub images: Images,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Images {
    #[default]
    Strip,
    Allow,
}
