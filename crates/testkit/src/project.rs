//! A project in a temporary folder, file by file.

use crate::running::{Output, Server, run};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Deleted when dropped.
pub struct TestProject {
    folder: TempDir,
    binary: PathBuf,
}

/// A use case that needs nothing: one page, the extractive model.
const USE_CASE: &str = r#"
[usecase]
summary = "Answers questions about the shop"
owner = { team = "Shop", contact = "shop@example.com", oncall = "https://hooks.example.com/shop" }

[feeds.pages]
files = "pages/**/*.md"
every = "1h"
fresh_within = "24h"

[retrieval]
collections = ["pages"]
top = 3
"#;

const PAGE: &str =
    "---\nid: returns\ntitle: Returns\n---\n# Returns\n\nYou can return any lamp within 45 days of delivery.\n";

impl TestProject {
    /// An empty project for the binary at `binary`.
    pub fn empty(binary: &str) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let project = Self { folder, binary: PathBuf::from(binary) };
        project.file("shipway.toml", "[embedder]\nuse = \"lexical\"\n")
    }

    /// A project with one small use case, `shop`, that answers from one page.
    pub fn with_shop(binary: &str) -> Self {
        Self::empty(binary).file("usecases/shop/usecase.toml", USE_CASE).file("usecases/shop/pages/returns.md", PAGE)
    }

    /// A project whose use case `shop` asks the model `scripted/m` at `base_url`, and that has `[providers.scripted]`
    /// declared with short timeouts and a price.
    pub fn with_scripted(binary: &str, base_url: &str) -> Self {
        let providers = format!(
            r#"
[embedder]
use = "lexical"

[providers.scripted]
kind = "openai"
base_url = "{base_url}"
timeouts = {{ connect = "1s", first_token = "400ms", idle = "400ms", total = "5s" }}

[prices."scripted/m"]
input = "1 USD"
cached_input = "0.10 USD"
output = "2 USD"
as_of = "2026-11-01"
"#
        );
        let use_case = format!("{USE_CASE}\n[model]\nuse = \"scripted/m\"\n");
        Self::with_shop(binary).file("shipway.toml", &providers).file("usecases/shop/usecase.toml", &use_case)
    }

    /// Writes a file, making its folders.
    pub fn file(self, path: &str, text: &str) -> Self {
        self.write(path, text);
        self
    }

    /// Adds to a file's end.
    pub fn append(self, path: &str, text: &str) -> Self {
        let before = std::fs::read_to_string(self.path(path)).unwrap_or_default();
        self.file(path, &format!("{before}\n{text}"))
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().expect("a file lies in a folder")).expect("the folder of a file");
        std::fs::write(&path, text).unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()));
    }

    pub fn root(&self) -> &Path {
        self.folder.path()
    }

    pub fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Runs `shipway` with these arguments in the project's folder.
    pub fn shipway(&self, arguments: &[&str]) -> Output {
        run(&self.binary, self.root(), arguments)
    }

    /// Runs it and insists that it succeeds.
    pub fn must(&self, arguments: &[&str]) -> Output {
        let output = self.shipway(arguments);
        assert_eq!(output.code, 0, "shipway {arguments:?} failed:\n{}\n{}", output.stdout, output.stderr);
        output
    }

    /// Starts `shipway serve` on a free port.
    pub fn serve(&self) -> Server {
        Server::start(&self.binary, self.root(), &[])
    }

    pub fn serve_with(&self, arguments: &[&str]) -> Server {
        Server::start(&self.binary, self.root(), arguments)
    }
}
