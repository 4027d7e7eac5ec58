//! What `shipway init` writes: a project, and a use case that is whole (documents, topics, eval cases) and passes its
//! own check with the model that needs nothing, so that the first thing a newcomer changes already works.

use crate::diagnostic::Diagnostics;
use crate::project::checked_name;

/// The files of a use case, without its name in them.
const USE_CASE: [(&str, &str); 8] = [
    ("usecase.toml", include_str!("../starter/use_case/usecase.toml")),
    ("prompt.md", include_str!("../starter/use_case/prompt.md")),
    ("topics.yaml", include_str!("../starter/use_case/topics.yaml")),
    ("docs/delivery.md", include_str!("../starter/use_case/docs/delivery.md")),
    ("docs/returns.md", include_str!("../starter/use_case/docs/returns.md")),
    ("docs/warranty.md", include_str!("../starter/use_case/docs/warranty.md")),
    ("docs/service-agents.md", include_str!("../starter/use_case/docs/service-agents.md")),
    ("evals/cases.yaml", include_str!("../starter/use_case/evals/cases.yaml")),
];

/// The files of a new use case: path relative to its folder, and content.
///
/// # Errors
/// When a use case cannot have this name.
pub fn use_case(name: &str) -> Result<Vec<(String, String)>, Diagnostics> {
    checked_name(name)?;
    Ok(USE_CASE.iter().map(|(path, content)| ((*path).to_owned(), content.replace("{name}", name))).collect())
}

/// The files of a new project, relative to its root: `shipway.toml` and `.gitignore`. Where a `.gitignore` is there
/// already, its missing lines are to be added to it.
pub fn project(name: &str) -> Vec<(String, String)> {
    // The name goes into a TOML string in quotes.
    let quoted = toml::Value::from(name).to_string();
    let project_file = include_str!("../starter/project/shipway.toml").replace("\"{project}\"", &quoted);
    vec![
        ("shipway.toml".to_owned(), project_file),
        (".gitignore".to_owned(), include_str!("../starter/project/gitignore").to_owned()),
    ]
}

#[cfg(test)]
mod tests;
