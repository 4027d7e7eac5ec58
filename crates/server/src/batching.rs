//! The lines of batches, answered through the very routes that live requests take, by a router that no listener leads to.
//! They yield to live traffic: none begins while much of it is under way.

use crate::app::App;
use crate::metrics::CountedLine;
use crate::routes::router;
use crate::worker::{Draining, settle};
use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request, header};
use batches::{Door, Endpoint, LineAnswer};
use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;
use tower_service::Service;
use usecase::ChatRequest;

/// Names the key whose rights a line has. It means something inside only.
pub(crate) const KEY: &str = "x-shipway-inside-key";

/// Live requests of one core from which on no line is begun.
const LIVE_MARK: u64 = 16;

/// The largest answer of a line, in bytes: what the providers' adapters read at the most.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// Carries batches on until the server stops, then gives the lines under way as long as live requests have.
pub(crate) async fn run(app: Arc<App>, mut stopped: watch::Receiver<bool>, drain: Duration, draining: Draining) {
    let mut stopped_too = stopped.clone();
    let stop = async move { drop(stopped.wait_for(|stopped| *stopped).await) };
    let late = async move {
        drop(stopped_too.wait_for(|stopped| *stopped).await);
        tokio::time::sleep(drain).await;
    };
    let lines: Arc<dyn Door> = Arc::new(Lines::new(&app));
    tokio::select! {
        () = app.parts.batches.clone().run(lines, stop) => {}
        () = late => tracing::warn!("the drain ran out of time; lines of batches are cut and asked again at the next start"),
    }
    draining.ended().await;
    settle(&app.parts.ledger).await;
}

struct Lines {
    app: Arc<App>,
    router: Router,
    live_mark: u64,
}

impl Lines {
    fn new(app: &App) -> Self {
        let app = Arc::new(app.inside());
        let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        Self { router: router(Arc::clone(&app)), app, live_mark: LIVE_MARK * cores as u64 }
    }
}

impl Door for Lines {
    fn knows<'a>(&'a self, key: &'a str, model: &'a str) -> BoxFuture<'a, Result<(), String>> {
        let named = |key: &str| Ok::<_, axum::http::Error>(HeaderMap::from_iter([(KEY.parse()?, key.parse()?)]));
        async move {
            let headers = named(key).map_err(|_| "The key of this batch has no valid id.".to_owned())?;
            let known = async {
                let principal = self.app.authenticate(&headers)?;
                self.app.pick(&ChatRequest::new(model, Vec::new()), &principal).await
            };
            known.await.map(drop).map_err(|problem| problem.message)
        }
        .boxed()
    }

    fn has_room(&self) -> bool {
        self.app.metrics.live(self.app.gate.standing()) < self.live_mark
    }

    fn answer(&self, key: String, endpoint: Endpoint, body: Bytes) -> BoxFuture<'static, LineAnswer> {
        let counted = CountedLine::begin(&self.app.metrics);
        let mut router = self.router.clone();
        async move {
            let request = Request::post(endpoint.path()).header(header::CONTENT_TYPE, "application/json");
            let request = request.header(KEY, key).body(Body::from(body));
            let Ok(request) = request else { return LineAnswer::broken() };
            let Ok(response) = router.call(request).await;
            let (head, body) = response.into_parts();
            let said = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
            let request_id = said("x-shipway-trace").map(str::to_owned);
            let retry_after = said("retry-after").and_then(|text| text.parse().ok()).map(Duration::from_secs);
            let Ok(body) = axum::body::to_bytes(body, LARGEST_ANSWER).await else { return LineAnswer::broken() };
            let status = head.status.as_u16();
            counted.ended(match status {
                200 => "answered",
                429 | 503 => "again",
                _ => "failed",
            });
            LineAnswer { status, request_id, retry_after, body }
        }
        .boxed()
    }
}
