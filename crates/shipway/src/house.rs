//! The composition: configuration in, rooms out. The one place where all of them meet.

use admission::Admission;
use anyhow::{Context, bail};
use batches::{Batches, Limits};
use evals::Evals;
use governance::Governance;
use ingest::Ingest;
use ledger::{Ledger, Source};
use models::Models;
use pipeline::{Engines, LocalModels, Pipeline, ProjectEmbedder, RemoteEmbedder};
use releases::Releases;
use retrieval::{Collections, Embedders, Home};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use storage::Storage;
use storage::postgres::{Options, Postgres};
use usecase::declared::{CollectionsHome, CollectionsSection, EmbedderChoice};
use usecase::project::Project;
use usecase::{Principal, Timestamp};

/// All rooms of one project, opened.
pub(crate) struct House {
    pub(crate) parts: server::Parts,
    pub(crate) governance: Governance,
    pub(crate) embedder: ProjectEmbedder,
}

impl House {
    pub(crate) fn open(folder: Option<&Path>) -> anyhow::Result<Self> {
        let project = project(folder)?;
        let storage = Storage::open(&project.data_folder())
            .with_context(|| format!("the data folder {} cannot be opened", project.data_folder().display()))?;
        let ledger = Ledger::open(&storage)?;
        let admission = Admission::open(&storage)?;
        let today = Timestamp::now().start_of_day();
        let spent = ledger.spent_since(today)?.into_iter().filter(|spent| spent.source != Source::Eval);
        let spent: Vec<_> = spent.map(|spent| (spent.key, spent.use_case, spent.cost)).collect();
        admission.seed(&spent, today);

        let models = Arc::new(Models::new(&project.file)?);
        let embedder = embedder(&project, &models)?;
        let collections = collections(&project, &storage, &embedder)?;
        let ingest = Ingest::open(&storage, &ledger, &collections)?;
        let local = LocalModels::new(&project.root);
        let engines = Engines { models, collections, embedder: embedder.clone(), local, ledger: ledger.clone() };
        let pipeline = Pipeline::new(engines);
        let evals = Evals::open(&storage, &ledger)?;
        let releases = Releases::open(&storage, &ledger)?;
        let batches = batches(&project, &storage)?;
        let governance = Governance::open(&storage, &ledger)?;
        let parts = server::Parts { project, pipeline, ledger, admission, releases, batches, ingest, evals };
        Ok(Self { parts, governance, embedder })
    }

    /// The use case must be one of the project's: the error lists those that are.
    pub(crate) fn known(&self, name: &str) -> anyhow::Result<()> {
        known(&self.parts.project, name)
    }
}

/// What was chosen to turn text into vectors.
pub(crate) fn embedder(project: &Project, models: &Arc<Models>) -> anyhow::Result<ProjectEmbedder> {
    let chosen = &project.file.embedder;
    if let EmbedderChoice::Provider(model) = &chosen.choice {
        let opened = RemoteEmbedder::open(models, model, chosen.dimensions);
        let why = || {
            let declare = match chosen.dimensions {
                Some(_) => "",
                None => "; with embedder.dimensions it is opened without a call",
            };
            format!("the embedder {model} cannot be opened{declare}")
        };
        return Ok(ProjectEmbedder::Provider(opened.with_context(why)?));
    }
    let local = retrieval::embedder::open(&chosen.choice, &project.root)?;
    Ok(ProjectEmbedder::Here(local.context("every other embedder is of this machine")?))
}

/// The collections of a project, in the home that it declares.
pub(crate) fn collections(
    project: &Project,
    storage: &Storage,
    embedder: &ProjectEmbedder,
) -> anyhow::Result<Collections> {
    let declared = &project.file.collections;
    let embedders = Embedders::new(embedder.shared());
    Ok(match declared.home {
        CollectionsHome::Embedded => Collections::open(Home::Embedded(storage), declared.keep, embedders)?,
        CollectionsHome::Postgres => {
            let postgres = postgres(declared)?;
            Collections::open(Home::Postgres(&postgres), declared.keep, embedders)?
        }
    })
}

fn postgres(declared: &CollectionsSection) -> anyhow::Result<Postgres> {
    let Some(reference) = &declared.url else {
        bail!(
            "collections.home is \"postgres\", and nobody says where it is: give collections.url, like \"env:DATABASE_URL\""
        );
    };
    let Some(url) = reference.resolve() else { bail!("collections.url = \"{reference}\" gives nothing: set it") };
    let options = Options { schema: declared.schema.clone(), ..Options::default() };
    Ok(Postgres::connect(&url, options)?)
}

/// The files and batches of a project, within its limits.
pub(crate) fn batches(project: &Project, storage: &Storage) -> anyhow::Result<Batches> {
    let server = &project.file.server;
    let limits = Limits {
        file_bytes: server.max_file_bytes,
        key_bytes: server.max_key_file_bytes,
        line_bytes: server.max_body_bytes,
        workers: server.batch_workers,
    };
    Ok(Batches::open(storage, limits)?)
}

/// The project in this folder, or in the nearest one above.
pub(crate) fn project(folder: Option<&Path>) -> anyhow::Result<Project> {
    let start = match folder {
        Some(folder) => folder.to_owned(),
        None => std::env::current_dir().context("the current folder cannot be read")?,
    };
    let Some(root) = Project::find(&start) else {
        bail!(
            "there is no shipway.toml in {} or above: run `shipway init NAME` to begin a project, or name one with --project",
            start.display()
        );
    };
    Ok(Project::load(&root)?)
}

pub(crate) fn known(project: &Project, name: &str) -> anyhow::Result<()> {
    let names = project.use_case_names()?;
    if names.iter().any(|known| known == name) {
        return Ok(());
    }
    match names.as_slice() {
        [] => bail!("there is no use case `{name}`, and no other one: run `shipway init {name}`"),
        names => bail!("there is no use case `{name}`: this project has {}", names.join(", ")),
    }
}

/// Who asks at the terminal: whoever can read the data folder may do everything.
pub(crate) fn person(groups: Vec<String>) -> Principal {
    Principal { key: "terminal".to_owned(), name: "the terminal".to_owned(), groups, ..Principal::developer() }
}

/// Runs a server's future to its end. A feed's run that is under way beside it may not hold up the end of the process:
/// it is waited for a little, then left as a crash would leave it, which every run can stand.
pub(crate) fn serve_until_done<T>(future: impl Future<Output = anyhow::Result<T>>) -> anyhow::Result<T> {
    let runtime = runtime()?;
    let done = runtime.block_on(future);
    runtime.shutdown_timeout(Duration::from_secs(5));
    done
}

/// The runtime of commands that wait for the network or for the disk.
pub(crate) fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().context("the runtime does not start")
}
