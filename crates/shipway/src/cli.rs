//! The command line: every command and flag, with the words that `--help` shows.

mod guard;
mod knowledge;

pub(crate) use guard::{Guard, GuardCalibrate, GuardEval, GuardReport, GuardTest, GuardTrain, TestedAs};
pub(crate) use knowledge::{Collection, Feed, Ingest, Search, SearchCommand, SearchEval};

use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;

/// Takes an AI use case from pilot to production: governed data, guardrails, evaluation, safe releases and a record of
/// every answer, served behind the API that apps already speak.
#[derive(Debug, Parser)]
#[command(name = "shipway", version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Arguments {
    /// The project's folder; the nearest one with a shipway.toml when absent
    #[arg(long, global = true, value_name = "FOLDER", env = "SHIPWAY_PROJECT")]
    pub(crate) project: Option<PathBuf>,

    /// Print JSON instead of text
    #[arg(long, global = true)]
    pub(crate) json: bool,

    /// What to log to standard error: error, warn, info, debug, or a filter like `pipeline=debug`
    #[arg(long, global = true, value_name = "FILTER", env = "SHIPWAY_LOG")]
    pub(crate) log: Option<String>,

    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the whole story on an example: ingest, eval, release, serve, ask
    Demo(Demo),
    /// Make a use case from a template that passes its own evals
    Init(Named),
    /// Judge a use case against the six lines of a production use case; exit 1 when one fails
    Check(Named),
    /// Print a bundle's id and the files and settings it is the hash of
    Bundle(Named),
    /// Print the JSON Schemas of shipway.toml and usecase.toml, for editors
    Schema(Schema),
    /// Refresh the feeds of a use case now
    Ingest(Ingest),
    /// Show how the feeds of a use case stand, what their runs did, and where documents came from
    #[command(subcommand)]
    Feed(Feed),
    /// Show what a question finds, and why; or measure search on a labelled set
    Search(Search),
    /// List collections; roll back, pin, reembed, erase or drop them
    #[command(subcommand)]
    Collection(Collection),
    /// Measure, try, train and calibrate the guards; see what they did, and what they would have done
    #[command(subcommand)]
    Guard(Guard),
    /// Ask one question at the terminal, with citations, verdicts, cost and time
    Ask(Ask),
    /// Run the eval cases; exit 100 when the gate fails
    Eval(Eval),
    /// Show what a use case costs, what the caches saved, and what its answers waste
    Cost(Cost),
    /// Tune the answer cache
    #[command(subcommand)]
    Cache(Cache),
    /// Put load on a use case or a model: latencies, errors, the knee, resources, what a month costs
    Bench(Bench),
    /// Release a use case: check, gate, then a canary on a share of the traffic
    Release(Release),
    /// Give the canary its next share of the traffic
    Promote(Moved),
    /// Take the traffic back from the canary, or fall back to the bundle before
    Rollback(Rollback),
    /// Show what serves, what it replaced, and every decision
    Status(Named),
    /// Serve the API, and keep the feeds fresh
    Serve(Serve),
    /// List the answers that wait for a person, and decide on them
    Review(Review),
    /// Check the ledger's records against their hash chain
    #[command(subcommand)]
    Audit(Audit),
    /// List, show and cancel batches: requests that may wait
    #[command(subcommand)]
    Batch(Batch),
    /// Make, list and revoke API keys
    #[command(subcommand)]
    Key(Key),
    /// Fetch and list the models that run inside Shipway
    #[command(subcommand)]
    Model(Model),
}

#[derive(Debug, Args)]
pub(crate) struct Named {
    /// The use case: the name of its folder under usecases/
    pub(crate) name: String,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Exit after the story instead of serving on
    #[arg(long)]
    pub(crate) once: bool,
    /// The address to serve on
    #[arg(long, default_value = "127.0.0.1:8080", value_name = "ADDRESS")]
    pub(crate) listen: String,
    /// Where to put the demo's project; it is made anew each time
    #[arg(long, default_value = "shipway-demo", value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
    /// Do not try to fetch MiniLM; take the lexical embedder unless it was fetched before
    #[arg(long)]
    pub(crate) offline: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum SchemaOf {
    Project,
    Usecase,
}

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Which file's schema; both when absent
    #[arg(value_enum)]
    pub(crate) of: Option<SchemaOf>,
}

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// The use case
    pub(crate) name: String,
    /// The question
    pub(crate) question: String,
    /// Ask as a member of these access groups, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "GROUPS")]
    pub(crate) groups: Vec<String>,
    /// A fact of the request, as the app would send it in `metadata`: NAME=VALUE
    #[arg(long = "meta", value_name = "NAME=VALUE")]
    pub(crate) metadata: Vec<String>,
    /// Ask the released bundle instead of the files as they are
    #[arg(long)]
    pub(crate) released: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Eval {
    /// The use case
    pub(crate) name: String,
    /// Also write the results as JUnit XML to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// How many cases run at once
    #[arg(long, default_value_t = 2, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) concurrency: u16,
    /// Ask both models of `[model.escalate]` and find when the larger one is worth asking
    #[arg(long, conflicts_with = "junit")]
    pub(crate) tune_routing: bool,
    /// Search for every case that names its documents, and find how much words should count beside vectors
    #[arg(long, conflicts_with_all = ["junit", "tune_routing"])]
    pub(crate) tune_retrieval: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Cost {
    /// The use case
    pub(crate) name: String,
    /// Only the requests of so long ago at the most
    #[arg(long, default_value = "30d", value_name = "TIME")]
    pub(crate) since: String,
    /// How many of the newest answers are read
    #[arg(long, default_value_t = 2_000, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) answers: u32,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Cache {
    /// Find how sure the answer cache must be, so that few enough of its answers are wrong
    Tune {
        /// The use case
        name: String,
        /// Labelled pairs, one JSON object a line; the use case's own log when absent
        #[arg(long, value_name = "FILE")]
        pairs: Option<PathBuf>,
        /// The largest share of served answers that may be wrong; `cache.semantic.false_hits` when absent
        #[arg(long, value_name = "SHARE")]
        budget: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Bench {
    /// The use case, or a model like simulated/echo
    pub(crate) name: String,
    /// What to ask, in turn; the use case's eval cases when absent
    #[arg(value_name = "QUESTION")]
    pub(crate) questions: Vec<String>,
    /// Requests a second, sent whether or not earlier ones were answered
    #[arg(long, default_value_t = 20.0, value_name = "RATE")]
    pub(crate) rps: f64,
    /// For how long
    #[arg(long = "for", default_value = "10s", value_name = "TIME")]
    pub(crate) length: String,
    /// Connections, each with one request at a time
    #[arg(long, default_value_t = 64, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) connections: u16,
    /// How requests follow one another
    #[arg(long, value_enum, default_value_t = Arrivals::Poisson)]
    pub(crate) arrivals: Arrivals,
    /// Repeats the same random arrivals
    #[arg(long, default_value_t = 1, value_name = "NUMBER")]
    pub(crate) seed: u64,
    /// Ask for streams
    #[arg(long)]
    pub(crate) stream: bool,
    /// Then search the highest rate that holds: no errors, and p99 under --p99
    #[arg(long)]
    pub(crate) find_knee: bool,
    /// The limit for --find-knee
    #[arg(long, default_value = "1s", value_name = "TIME")]
    pub(crate) p99: String,
    /// A file with a question or a request's JSON on each line
    #[arg(long, value_name = "FILE", conflicts_with = "questions")]
    pub(crate) cases: Option<PathBuf>,
    /// Project the cost to a month: 100000/month, 5000/day, 300/hour
    #[arg(long, value_name = "COUNT/TIME")]
    pub(crate) volume: Option<String>,
    /// Measure a server that runs already, like http://127.0.0.1:8080
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// The API key for --url
    #[arg(long, env = "SHIPWAY_KEY", hide_env_values = true, requires = "url", value_name = "SECRET")]
    pub(crate) key: Option<String>,
    /// The process at --url, when it runs on this machine: its resources are measured, too
    #[arg(long, requires = "url", value_name = "PID")]
    pub(crate) pid: Option<u32>,
    /// Yes, this may cost money, and --url leaves records
    #[arg(long)]
    pub(crate) yes: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Arrivals {
    /// As independent callers come
    Poisson,
    /// Evenly spaced
    Even,
    /// As fast as the connections carry; --rps does not count
    Closed,
}

#[derive(Debug, Args)]
pub(crate) struct Release {
    /// The use case
    pub(crate) name: String,
    /// Who releases, for the record
    #[arg(long, env = "SHIPWAY_BY", value_name = "PERSON")]
    pub(crate) by: Option<String>,
    /// Release although a line of `check` fails, and say why; needs --by
    #[arg(long = "override", value_name = "REASON", requires = "by")]
    pub(crate) override_reason: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Moved {
    /// The use case
    pub(crate) name: String,
    /// Who decides, for the record
    #[arg(long, env = "SHIPWAY_BY", value_name = "PERSON")]
    pub(crate) by: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Rollback {
    #[command(flatten)]
    pub(crate) moved: Moved,
    /// Fall back to this bundle, which must have served before
    #[arg(long, value_name = "BUNDLE")]
    pub(crate) to: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// The address to listen on, instead of `server.listen`; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) listen: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Review {
    /// Only this use case
    pub(crate) name: Option<String>,
    /// Decide on the answer with this trace
    #[arg(long, value_name = "TRACE", requires = "decision")]
    pub(crate) decide: Option<String>,
    /// What you decided
    #[arg(long, value_enum, requires = "decide")]
    pub(crate) decision: Option<Verdict>,
    /// The right answer, with `--decision correct`
    #[arg(long, value_name = "TEXT", requires = "decide")]
    pub(crate) text: Option<String>,
    /// Who decides, for the record
    #[arg(long, env = "SHIPWAY_BY", value_name = "PERSON")]
    pub(crate) by: Option<String>,
    /// How many minutes it took; they count towards the cost per good outcome
    #[arg(long, default_value_t = 0.0, value_name = "MINUTES")]
    pub(crate) minutes: f64,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Verdict {
    Approve,
    Correct,
    Reject,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Recompute every hash; exit 1 at the first record that was changed
    Verify,
    /// List recorded requests, the newest first
    Requests {
        /// Only this use case
        #[arg(long, value_name = "NAME")]
        use_case: Option<String>,
        /// How many at the most
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: usize,
    },
    /// Show what is recorded of one request
    Show {
        /// The trace id, from the header `x-shipway-trace`
        trace: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Batch {
    /// List the batches of all keys, the newest first
    List {
        /// How many at the most
        #[arg(long, default_value_t = 20, value_name = "COUNT")]
        limit: u32,
    },
    /// Show where a batch stands
    Show {
        /// The batch's id, `batch_…`
        id: String,
    },
    /// Begin no more of its lines; those under way come to their end
    Cancel {
        /// The batch's id, `batch_…`
        id: String,
    },
}

/// How often a key may ask, and how urgent that is.
#[derive(Debug, Args)]
pub(crate) struct KeyLimits {
    /// Requests a minute; no limit when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) rpm: Option<u32>,
    /// Tokens a minute, input and output together; no limit when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) tpm: Option<u32>,
    /// Requests under way at once; no limit when absent
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) concurrency: Option<u32>,
    /// Who goes first when the server is full; `low` uses only what is left
    #[arg(long, value_enum, default_value_t = Priority::Normal)]
    pub(crate) priority: Priority,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Priority {
    Low,
    Normal,
    High,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Make a key; its secret is shown once
    Create {
        /// A name by which people know the key
        name: String,
        /// `app` asks; `admin` also reads records and moves releases
        #[arg(long, value_enum, default_value_t = Role::App)]
        role: Role,
        /// Use cases it may call, separated by commas; all when absent. `*models` allows bare models
        #[arg(long, value_delimiter = ',', value_name = "NAMES")]
        use_cases: Option<Vec<String>>,
        /// Access groups it holds, separated by commas
        #[arg(long, value_delimiter = ',', value_name = "GROUPS")]
        groups: Vec<String>,
        /// What it may spend a day, like "5 USD"
        #[arg(long, value_name = "MONEY")]
        budget_per_day: Option<String>,
        #[command(flatten)]
        limits: KeyLimits,
    },
    /// List the keys, without their secrets
    List,
    /// Revoke a key; requests with it are refused within about 50 ms
    Revoke {
        /// The key's id, as `key list` shows it
        id: String,
    },
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Role {
    App,
    Admin,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Model {
    /// Fetch a model: `minilm` (87 MB), the embedder that runs in-process
    Pull {
        /// The model's name
        #[arg(value_enum)]
        name: Pullable,
        /// Take it from this folder or file instead of the network
        #[arg(long, value_name = "PATH")]
        from: Option<PathBuf>,
    },
    /// Show the models that can be asked, with their prices, and the embedder in use
    List,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Pullable {
    Minilm,
}
