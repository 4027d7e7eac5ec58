//! Tokens counted by a provider before a call, where it can.

use crate::error::Error;
use crate::provider::Asking;
use crate::registry::Models;
use crate::reply::{Call, Running};
use crate::residency::Cleared;
use std::sync::Arc;
use usecase::ChatRequest;

impl Models {
    /// The input tokens of a request, as the model's own provider counts them. A provider that does not count is
    /// [`Error::Unsupported`]; an estimate is then up to the caller. Providers charge nothing for it.
    pub async fn count_tokens(&self, cleared: &Cleared, request: Arc<ChatRequest>) -> Result<u64, Error> {
        let question = request.question();
        let call = Arc::new(Call { request, passages: Arc::new([]), question, batch: false });
        let running = Running::begin(cleared.model.clone(), cleared.price.clone(), call.clone());
        let asking = Asking { model: &cleared.model, running: &running, timeouts: &cleared.target.timeouts };
        cleared.target.adapter.count_tokens(&call, asking).await
    }
}
