//! Tokens of a request, counted before it is made.

use crate::error::Error;
use crate::prepared::Prepared;
use crate::{Pipeline, ask, check_input};
use std::sync::Arc;
use usecase::ChatRequest;

/// Input tokens of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    pub tokens: u64,
    /// True when the figure is our own estimate.
    pub estimated: bool,
}

impl Pipeline {
    /// Counts what the app sends. A bare model's own provider counts where it can, and is sent nothing that an answer's
    /// would not be; for a use case, and wherever no provider counted, it is our estimate.
    ///
    /// # Errors
    /// When the text could not be masked, or may not go to the model's provider.
    pub async fn count_tokens(&self, prepared: &Arc<Prepared>, request: ChatRequest) -> Result<Counted, Error> {
        let models = &self.engines().models;
        let estimate = Counted { tokens: models.estimated_tokens(&request), estimated: true };
        if prepared.bundle().is_some() {
            return Ok(estimate);
        }
        let (request, ..) = check_input::mask(prepared, request).await?;
        let chain = ask::clear(models, prepared, prepared.chain())?;
        let Some(cleared) = chain.first() else { return Ok(estimate) };
        match models.count_tokens(cleared, Arc::new(request)).await {
            Ok(tokens) => Ok(Counted { tokens, estimated: false }),
            Err(error) => {
                tracing::debug!(model = %cleared.model(), %error, "tokens are estimated");
                Ok(estimate)
            }
        }
    }
}
