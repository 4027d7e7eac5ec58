//! Where the collections of a test live, and the small project that most scenarios begin with.

use crate::{SHIPWAY, ask};
use serde_json::Value;
use testkit::{Client, Reply, TestPostgres, TestProject};

/// A home of collections.
pub(super) enum Home {
    Embedded,
    Postgres(TestPostgres),
}

impl Home {
    /// A schema of its own, where there is a Postgres.
    pub(super) fn postgres() -> Option<Self> {
        testkit::postgres::is_here().then(|| Self::Postgres(TestPostgres::schema()))
    }

    /// Another one of the same kind, with nothing in it.
    pub(super) fn another(&self) -> Self {
        match self {
            Self::Embedded => Self::Embedded,
            Self::Postgres(_) => Self::Postgres(TestPostgres::schema()),
        }
    }

    /// The project with its collections here.
    pub(super) fn of(&self, project: TestProject) -> TestProject {
        match self {
            Self::Embedded => project,
            Self::Postgres(postgres) => in_postgres(project, &postgres.url, &postgres.schema),
        }
    }

    /// The use case `shop`, whose feed `pages` reads `pages/**` and says who may see a page; `more` is added to the feed.
    pub(super) fn shop(&self, more: &str) -> TestProject {
        self.of(TestProject::empty(SHIPWAY).file("usecases/shop/usecase.toml", &use_case(more)))
    }
}

pub(super) fn in_postgres(project: TestProject, url: &str, schema: &str) -> TestProject {
    let collections =
        format!("[collections]\nhome = \"postgres\"\nurl = \"file:database-url\"\nschema = \"{schema}\"\n");
    project.file("database-url", url).append("shipway.toml", &collections)
}

fn use_case(more: &str) -> String {
    format!(
        r#"
[usecase]
summary = "Answers questions about the shop"
owner = {{ team = "Shop", contact = "shop@example.com", oncall = "https://hooks.example.com/shop" }}

[retrieval]
collections = ["pages"]
top = 3

[feeds.pages]
access = "front-matter:groups"
{more}
"#
    )
}

/// A Markdown page of the shop.
pub(super) fn page(project: &TestProject, id: &str, groups: Option<&str>, text: &str) {
    let groups = groups.map_or(String::new(), |groups| format!("groups: {groups}\n"));
    project
        .write(&format!("usecases/shop/pages/{id}.md"), format!("---\nid: {id}\ntitle: Page\n{groups}---\n{text}\n"));
}

pub(super) fn question(client: &Client, question: &str) -> Reply {
    client.post("/v1/chat/completions", &ask("shop", question))
}

/// The answer's text; it must be one.
pub(super) fn answer(client: &Client, asked: &str) -> String {
    let reply = question(client, asked);
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()["choices"][0]["message"]["content"].as_str().unwrap_or_default().to_owned()
}

/// What `shipway search --explain --json` prints for a member of these groups.
pub(super) fn search(project: &TestProject, groups: &str, question: &str) -> Value {
    let mut arguments = vec!["search", "shop", question, "--explain", "--json"];
    if !groups.is_empty() {
        arguments.extend(["--groups", groups]);
    }
    project.must(&arguments).json()
}

/// The documents that are found, best first.
pub(super) fn found(searched: &Value) -> Vec<&str> {
    let passages = searched["passages"].as_array().into_iter().flatten();
    passages.filter_map(|passage| passage["source"]["document"].as_str()).collect()
}

/// How many passages hold the question's term, of those that may be seen.
pub(super) fn holding(searched: &Value, term: &str) -> Option<u64> {
    let terms = searched["explanation"]["terms"].as_array().into_iter().flatten();
    terms.filter(|one| one["term"] == term).find_map(|one| one["passages"].as_u64())
}

/// How the shop's collection stands.
pub(super) fn head(project: &TestProject) -> Value {
    project.must(&["collection", "list", "--json"]).json()["collections"]["shop/pages"].clone()
}

/// The report of one run.
pub(super) fn ingest(project: &TestProject) -> Value {
    project.must(&["ingest", "shop", "--json"]).json()[0].clone()
}
