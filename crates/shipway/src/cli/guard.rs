//! Commands on guards: how good they are, what they say about a text, what they would have done.

use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub(crate) enum Guard {
    /// Measure every guard on a folder of labelled texts: recall, false alarms, areas, per source and language
    Eval(GuardEval),
    /// Show what every guard says about a text: verdict, score, stretch, view, time
    Test(GuardTest),
    /// Train the models that ship, from a folder of labelled texts
    Train(GuardTrain),
    /// Find the thresholds of grounding that keep a stated error rate on answers of your own
    Calibrate(GuardCalibrate),
    /// Show what guards did, and what those that only watch would have done
    Report(GuardReport),
    /// List the types of personal data that are known, and what happens to each unless you say otherwise
    Types,
}

#[derive(Debug, Args)]
pub(crate) struct GuardEval {
    /// A folder with files of labelled texts, one JSON object a line
    pub(crate) folder: PathBuf,
    /// Only the lines with a goal
    #[arg(long)]
    pub(crate) goals: bool,
    /// Only capabilities whose name holds this
    #[arg(long, value_name = "WORDS")]
    pub(crate) only: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
pub(crate) enum TestedAs {
    #[default]
    Input,
    Passage,
    Tool,
    Output,
}

#[derive(Debug, Args)]
pub(crate) struct GuardTest {
    /// The text; `-` reads it from standard input
    pub(crate) text: String,
    /// Judge by the rules of this use case instead of the usual ones
    #[arg(long, value_name = "NAME")]
    pub(crate) usecase: Option<String>,
    /// What the text is
    #[arg(long = "as", value_enum, default_value_t)]
    pub(crate) place: TestedAs,
}

#[derive(Debug, Args)]
pub(crate) struct GuardTrain {
    /// Which model, or `all`
    pub(crate) model: String,
    /// A folder with files of labelled texts, one JSON object a line
    pub(crate) folder: PathBuf,
    /// Where the trained files go
    #[arg(long, value_name = "FOLDER")]
    pub(crate) out: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct GuardCalibrate {
    /// The use case
    pub(crate) name: String,
    /// The largest share of unsupported answers among those that go out as they are, like 5%
    #[arg(long, default_value = "5%", value_name = "SHARE")]
    pub(crate) error: String,
    /// Labelled answers, one JSON object a line: `answer`, `context`, `label` (1 = unsupported). The answers that people
    /// reviewed when absent
    #[arg(long, value_name = "FILE")]
    pub(crate) answers: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct GuardReport {
    /// The use case
    pub(crate) name: String,
    /// Only the requests of so long ago at the most
    #[arg(long, default_value = "30d", value_name = "TIME")]
    pub(crate) since: String,
}
