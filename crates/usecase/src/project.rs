//! The user's folder: `shipway.toml` and `usecases/`. What is read here is checked here, and becomes a bundle.

use crate::bundle::{Bundle, Settings};
use crate::declared::{ProjectFile, Provider, UseCaseFile};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::folder::{self, CASES_LIMIT, FILE_LIMIT};
use crate::meaning;
use crate::reading::{self, Source, did_you_mean};
pub use crate::use_case::UseCase;
use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The project's own file, in its root.
pub const PROJECT_FILE: &str = "shipway.toml";
/// The file that makes a folder below `usecases/` a use case.
pub const USE_CASE_FILE: &str = "usecase.toml";
/// The folder of the use cases, in the project's root.
pub const USE_CASES_FOLDER: &str = "usecases";

/// A project whose own file was read and found right.
#[derive(Clone, Debug, PartialEq)]
pub struct Project {
    pub root: PathBuf,
    /// Shown to people.
    pub name: String,
    pub file: ProjectFile,
}

impl Project {
    /// The nearest folder, from `start` upwards, that holds a `shipway.toml`.
    pub fn find(start: &Path) -> Option<PathBuf> {
        let start = std::path::absolute(start).ok()?;
        start.ancestors().find(|folder| folder.join(PROJECT_FILE).is_file()).map(Path::to_path_buf)
    }

    /// Reads and checks `shipway.toml`.
    ///
    /// # Errors
    /// Every mistake in it, or that it cannot be read.
    pub fn load(root: &Path) -> Result<Self, Diagnostics> {
        let text = folder::read_text(root, PROJECT_FILE, FILE_LIMIT).map_err(|message| {
            let wrong = Diagnostic::of_file(PROJECT_FILE, message);
            Diagnostics::from(wrong.help("`shipway init NAME` makes a project; `--project` names the folder of one"))
        })?;
        let (file, source) = reading::read::<ProjectFile>(PROJECT_FILE, &text)?;
        let root = std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
        let folder_name = root.file_name().map(|name| name.to_string_lossy().into_owned());
        let name = file.project.name.clone().or(folder_name).unwrap_or_else(|| "shipway".to_owned());
        meaning::of_project(&file, &source).or_value(Self { root, name, file })
    }

    /// The names of all use cases, sorted: the folders below `usecases/` that hold a `usecase.toml`.
    ///
    /// # Errors
    /// When the folder is there and cannot be read.
    pub fn use_case_names(&self) -> io::Result<Vec<String>> {
        let entries = match std::fs::read_dir(self.root.join(USE_CASES_FOLDER)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry?;
            if entry.path().join(USE_CASE_FILE).is_file() {
                names.extend(entry.file_name().into_string().ok());
            }
        }
        names.sort();
        Ok(names)
    }

    /// Where a use case of that name lies, whether or not it is there.
    pub fn use_case_folder(&self, name: &str) -> PathBuf {
        self.root.join(USE_CASES_FOLDER).join(name)
    }

    /// Where everything that Shipway itself writes lies.
    pub fn data_folder(&self) -> PathBuf {
        self.root.join(&self.file.storage.folder)
    }

    /// The provider of that name: declared, else built in.
    pub fn provider(&self, name: &str) -> Option<Provider> {
        self.file.provider(name)
    }

    /// Reads a use case's folder as it is now, checks all of it, and freezes it.
    ///
    /// # Errors
    /// Every mistake in its files at once, or that there is no such use case.
    pub fn bundle(&self, name: &str) -> Result<Bundle, Diagnostics> {
        checked_name(name)?;
        let file = file_of(name, USE_CASE_FILE);
        let folder = self.use_case_folder(name);
        if !folder.join(USE_CASE_FILE).exists() {
            return Err(self.no_such_use_case(name).into());
        }
        let text = folder::read_text(&folder, USE_CASE_FILE, FILE_LIMIT)
            .map_err(|message| Diagnostics::from(Diagnostic::of_file(&file, message)))?;
        let (declared, source) = reading::read::<UseCaseFile>(&file, &text)?;
        let found = meaning::of_use_case(&declared, &source, &self.file.known_providers(), &self.file.embedder.choice);
        let mut files = Files { folder: &folder, source: &source, texts: BTreeMap::new(), found };
        files.texts.insert(USE_CASE_FILE.to_owned(), text);
        files.read_all(name, &declared);
        let Files { texts, found, .. } = files;
        let settings = found.or_value(Settings::of(&self.file, &declared))?;
        let contents = texts.into_iter().map(|(path, text)| (path, text.into_bytes())).collect();
        Ok(Bundle::new(name, contents, settings.to_value()))
    }

    /// Reads a use case as it is now, ready to be served.
    ///
    /// # Errors
    /// Like `bundle`.
    pub fn use_case(&self, name: &str) -> Result<UseCase, Diagnostics> {
        UseCase::from_bundle(&self.bundle(name)?)
    }

    fn no_such_use_case(&self, name: &str) -> Diagnostic {
        let names = self.use_case_names().unwrap_or_default();
        let help = did_you_mean(name, names.iter().map(String::as_str));
        let wrong = Diagnostic::of_file(file_of(name, USE_CASE_FILE), format!("there is no use case `{name}`"));
        let wrong = match names.as_slice() {
            [] => wrong,
            names => wrong.expected(names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
        };
        wrong.help(format!("`shipway init {name}` makes one")).maybe_help(help)
    }
}

/// A name that may become a folder, a part of an address and the `model` of a request.
///
/// # Errors
/// Says what a use case may be called.
pub(crate) fn checked_name(name: &str) -> Result<(), Diagnostics> {
    if meaning::is_use_case_name(name) {
        return Ok(());
    }
    let wrong = Diagnostic::of_file(file_of(name, USE_CASE_FILE), format!("a use case cannot be called `{name}`"));
    Err(wrong.expected("1 to 64 lower-case letters, digits and hyphens").into())
}

/// A file of a use case, relative to the project's root.
pub(crate) fn file_of(use_case: &str, path: &str) -> String {
    let path = path.strip_prefix("./").unwrap_or(path);
    format!("{USE_CASES_FOLDER}/{use_case}/{path}")
}

/// The files of a use case's folder that belong to its bundle, while they are collected.
struct Files<'a> {
    folder: &'a Path,
    source: &'a Source,
    texts: BTreeMap<String, String>,
    found: Diagnostics,
}

impl Files<'_> {
    fn read_all(&mut self, name: &str, declared: &UseCaseFile) {
        if let Some(template) = &declared.prompt.template {
            self.read("/prompt/template", template);
        }
        if let Some(topics) = &declared.guard.topics
            && let Some(text) = self.read("/guard/topics/allow", &topics.allow)
            && let Err(wrong) = meaning::read_topics(&file_of(name, &topics.allow), &text)
        {
            self.found.extend(wrong);
        }
        if let Some(schema) = &declared.guard.output.schema
            && let Some(text) = self.read("/guard/output/schema", schema)
            && let Err(wrong) = meaning::read_schema(&file_of(name, schema), &text)
        {
            self.found.extend(wrong);
        }
        self.read_cases(name, &declared.evals.cases);
    }

    fn read_cases(&mut self, name: &str, pattern: &str) {
        let pointer = "/evals/cases";
        let is_wrong = meaning::relative_path(pattern).and_then(|pattern| meaning::glob(&pattern)).is_err();
        if is_wrong {
            return; // The pattern's form was already judged.
        }
        match folder::matching(self.folder, pattern) {
            Err(message) => self.found.push(self.source.at_value(pointer, message)),
            Ok(paths) if paths.is_empty() && self.source.has(pointer) => {
                let wrong = self.source.at_value(pointer, "no file matches this pattern");
                self.found.push(wrong.help("write the first eval case, or leave `cases` out"));
            }
            Ok(paths) => {
                for path in paths {
                    self.read_case(name, path);
                }
            }
        }
    }

    fn read_case(&mut self, name: &str, path: String) {
        if self.texts.contains_key(&path) {
            return; // It is the template or the topics file as well.
        }
        match folder::read_text(self.folder, &path, CASES_LIMIT) {
            Ok(text) => drop(self.texts.insert(path, text)),
            Err(message) => self.found.push(Diagnostic::of_file(file_of(name, &path), message)),
        }
    }

    /// Takes a file in; what is wrong with it is said where it is named. A path of the wrong form was already judged.
    fn read(&mut self, pointer: &str, path: &str) -> Option<String> {
        let path = meaning::relative_path(path).ok()?;
        match folder::read_text(self.folder, &path, FILE_LIMIT) {
            Ok(text) => {
                self.texts.insert(path, text.clone());
                Some(text)
            }
            Err(message) => {
                self.found.push(self.source.at_value(pointer, message));
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
