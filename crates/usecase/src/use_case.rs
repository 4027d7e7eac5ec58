//! A use case as the program runs on it. It is made from a bundle and from nothing else, so that a bundle taken from
//! the store years later is served by the very path that serves the folder on disk.

use crate::bundle::{Bundle, Settings};
use crate::declared::UseCaseFile;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::ids::BundleId;
use crate::meaning;
use crate::project::{USE_CASE_FILE, file_of};
use crate::reading;
use std::collections::BTreeMap;

/// One use case, read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct UseCase {
    pub name: String,
    /// The bundle that it was made from.
    pub bundle: BundleId,
    pub declared: UseCaseFile,
    /// The text of the prompt template; `None` for the built-in one.
    pub template: Option<String>,
    /// The JSON Schema that every answer must meet, where one is declared.
    pub answer_schema: Option<String>,
    /// Example questions by topic; empty without a topic guard.
    pub topics: BTreeMap<String, Vec<String>>,
    /// Eval case files: path within the use case's folder, and text; sorted by path.
    pub cases: Vec<(String, String)>,
}

impl UseCase {
    /// Reads and checks the files of a bundle. The disk is not touched.
    ///
    /// # Errors
    /// Every mistake that the files and settings hold. A bundle made by `Project::bundle` holds none, unless this
    /// version of Shipway is stricter than the one that made it.
    pub fn from_bundle(bundle: &Bundle) -> Result<Self, Diagnostics> {
        let files = Texts::of(bundle)?;
        let file = file_of(&bundle.use_case, USE_CASE_FILE);
        let text = files.get(USE_CASE_FILE, &file).map_err(Diagnostics::from)?;
        let (declared, source) = reading::read::<UseCaseFile>(&file, text)?;
        let settings = Settings::from_value(&bundle.settings)
            .map_err(|error| Diagnostic::of_file(&file, format!("the bundle's settings cannot be read: {error}")))?;
        let mut found = meaning::of_use_case(&declared, &source, &settings.providers, &settings.embedder);
        let template = files.named(declared.prompt.template.as_deref(), &file, &mut found).map(str::to_owned);
        let allow = declared.guard.topics.as_ref().map(|topics| topics.allow.as_str());
        let topics = files.named(allow, &file, &mut found).map(|text| {
            let topics_file = file_of(&bundle.use_case, allow.unwrap_or_default());
            meaning::read_topics(&topics_file, text).unwrap_or_else(|wrong| {
                found.extend(wrong);
                BTreeMap::new()
            })
        });
        let schema = declared.guard.output.schema.as_deref();
        let answer_schema = files.named(schema, &file, &mut found).map(str::to_owned);
        if let (Some(path), Some(text)) = (schema, &answer_schema)
            && let Err(wrong) = meaning::read_schema(&file_of(&bundle.use_case, path), text)
        {
            found.extend(wrong);
        }
        let cases = files.cases(&declared);
        let (name, bundle) = (bundle.use_case.clone(), bundle.id.clone());
        found.or_value(Self {
            name,
            bundle,
            declared,
            template,
            answer_schema,
            topics: topics.unwrap_or_default(),
            cases,
        })
    }
}

/// The files of a bundle as texts, by path.
struct Texts<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Texts<'a> {
    fn of(bundle: &'a Bundle) -> Result<Self, Diagnostics> {
        let mut texts = BTreeMap::new();
        let mut found = Diagnostics::default();
        for (path, content) in &bundle.files {
            match std::str::from_utf8(content) {
                Ok(text) => drop(texts.insert(path.as_str(), text)),
                Err(_) => found.push(Diagnostic::of_file(file_of(&bundle.use_case, path), "this file is not UTF-8")),
            }
        }
        found.or_value(Self(texts))
    }

    fn get(&self, path: &str, named_in: &str) -> Result<&'a str, Diagnostic> {
        let path = meaning::relative_path(path).map_err(|message| Diagnostic::of_file(named_in, message))?;
        let text = self.0.get(path.as_str()).copied();
        text.ok_or_else(|| Diagnostic::of_file(named_in, format!("the bundle holds no file `{path}`")))
    }

    fn named(&self, path: Option<&str>, named_in: &str, found: &mut Diagnostics) -> Option<&'a str> {
        let path = path.filter(|path| meaning::relative_path(path).is_ok())?; // Its form was already judged.
        self.get(path, named_in).map_err(|wrong| found.push(wrong)).ok()
    }

    /// The files that the pattern of the cases names, and that are nothing else.
    fn cases(&self, declared: &UseCaseFile) -> Vec<(String, String)> {
        let Ok(matcher) = meaning::relative_path(&declared.evals.cases).and_then(|pattern| meaning::glob(&pattern))
        else {
            return Vec::new(); // The pattern's form was already judged.
        };
        let topics = declared.guard.topics.as_ref().map(|topics| topics.allow.as_str());
        let schema = declared.guard.output.schema.as_deref();
        let others = [Some(USE_CASE_FILE), declared.prompt.template.as_deref(), topics, schema];
        let others: Vec<String> =
            others.into_iter().flatten().filter_map(|path| meaning::relative_path(path).ok()).collect();
        let is_case = |path: &str| matcher.is_match(path) && others.iter().all(|other| other != path);
        let cases = self.0.iter().filter(|(path, _)| is_case(path));
        cases.map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect()
    }
}
