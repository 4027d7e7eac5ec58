//! The providers, each in its own folder with the same anatomy: it takes a call and gives an answer, whole or in
//! pieces, or the error that says whose fault it is.

pub(crate) mod clock;
pub(crate) mod extractive;
pub(crate) mod openai;
pub(crate) mod simulated;
mod spoken;

use crate::error::Error;
use crate::reply::{Call, ReplyBody, Running};
use usecase::Jurisdiction;
use usecase::declared::{ModelRef, Timeouts};

/// One provider, ready to be called.
pub(crate) struct Target {
    pub(crate) kind: Kind,
    pub(crate) jurisdiction: Option<Jurisdiction>,
    pub(crate) timeouts: Timeouts,
}

pub(crate) enum Kind {
    OpenAi(openai::OpenAi),
    Extractive,
    Simulated(simulated::Simulated),
}

/// What a provider gives back once its answer has begun.
pub(crate) struct Answer {
    pub(crate) body: ReplyBody,
    pub(crate) request_id: Option<String>,
    /// Headers that an app may see, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
}

impl From<ReplyBody> for Answer {
    fn from(body: ReplyBody) -> Self {
        Self { body, request_id: None, headers: Vec::new() }
    }
}

impl Target {
    /// Refuses a model that this provider is known not to have. What an upstream offers only the upstream knows.
    pub(crate) fn expect_model(&self, model: &ModelRef) -> Result<(), Error> {
        let unknown = |expected: String| Error::UnknownModel { model: model.clone(), expected };
        match &self.kind {
            Kind::OpenAi(_) => Ok(()),
            Kind::Extractive if model.model == extractive::MODEL => Ok(()),
            Kind::Extractive => Err(unknown(format!("this provider has one, `{}`", extractive::MODEL))),
            Kind::Simulated(_) => simulated::Script::parse(&model.model).map(drop).map_err(unknown),
        }
    }

    /// Under which name the built-in table holds this provider's prices.
    pub(crate) fn price_host(&self) -> &str {
        match &self.kind {
            Kind::OpenAi(openai) => openai.host(),
            Kind::Extractive => "local",
            Kind::Simulated(_) => "simulated",
        }
    }

    pub(crate) async fn ask(&self, model: &ModelRef, call: &Call, running: &Running) -> Result<Answer, Error> {
        match &self.kind {
            Kind::OpenAi(openai) => openai.ask(model, call, running, &self.timeouts).await,
            Kind::Extractive => Ok(extractive::ask(call).into()),
            Kind::Simulated(simulated) => simulated.ask(model, call, running, &self.timeouts).await,
        }
    }
}
