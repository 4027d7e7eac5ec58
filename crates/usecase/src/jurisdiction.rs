//! Whose law governs the data: a short upper-case code such as `EU`, `US`, `IN`, `SG`, `AE`.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Jurisdiction(pub String);

impl Jurisdiction {
    /// This very machine: data that goes here has not left.
    pub fn here() -> Self {
        Self("HERE".to_owned())
    }
}

impl fmt::Display for Jurisdiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl JsonSchema for Jurisdiction {
    fn schema_name() -> Cow<'static, str> {
        "Jurisdiction".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^[A-Z][A-Z-]{1,15}$",
            "x-expected": "a jurisdiction in capitals, like \"EU\" or \"US\"",
        })
    }
}
