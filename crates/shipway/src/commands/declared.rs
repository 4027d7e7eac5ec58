//! `shipway bundle` and `shipway schema`: what was declared, read back.

use super::Ground;
use crate::cli::SchemaOf;
use crate::{house, paint};
use serde_json::json;
use std::process::ExitCode;

pub(crate) fn bundle(ground: &Ground<'_>, name: &str) -> anyhow::Result<ExitCode> {
    let project = house::project(ground.project)?;
    house::known(&project, name)?;
    let bundle = project.bundle(name)?;
    if ground.json {
        let files: Vec<&String> = bundle.files.keys().collect();
        paint::json(&json!({ "id": bundle.id, "use_case": name, "files": files, "settings": bundle.settings }))?;
        return Ok(ExitCode::SUCCESS);
    }
    paint::line(paint::loud(&bundle.id));
    for (path, content) in &bundle.files {
        paint::line(format!("  {path}  {}", paint::quiet(format!("{} bytes", content.len()))));
    }
    paint::line(format!("  {}  {}", "project settings", paint::quiet(&bundle.settings)));
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn schema(of: Option<SchemaOf>) -> anyhow::Result<ExitCode> {
    let schemas = usecase::schema::schemas();
    match of {
        Some(SchemaOf::Project) => paint::json(&schemas.project)?,
        Some(SchemaOf::Usecase) => paint::json(&schemas.use_case)?,
        None => paint::json(&json!({ "shipway.toml": schemas.project, "usecase.toml": schemas.use_case }))?,
    }
    Ok(ExitCode::SUCCESS)
}
