//! What the routes share: the engines, composed by the binary, and the table of prepared use cases. Readers take an
//! immutable table; a release or a new bundle swaps it.

use crate::metrics::Metrics;
use crate::problem::Problem;
use admission::Admission;
use arc_swap::ArcSwap;
use axum::http::{HeaderMap, header};
use evals::Evals;
use ingest::Ingest;
use ledger::{Arm, Ledger};
use pipeline::{Pipeline, Prepared};
use releases::Releases;
use std::collections::HashMap;
use std::sync::Arc;
use usecase::declared::ModelRef;
use usecase::project::{Project, UseCase};
use usecase::{BundleId, ChatRequest, Principal, PrincipalRole};

/// Bundles kept ready at the same time.
const MOST_PREPARED: usize = 64;

/// Everything a running server holds. The binary makes it; nothing here is global.
#[derive(Clone)]
pub struct Parts {
    pub project: Project,
    pub pipeline: Pipeline,
    pub ledger: Ledger,
    pub admission: Admission,
    pub releases: Releases,
    pub ingest: Ingest,
    pub evals: Evals,
}

pub(crate) struct App {
    pub(crate) parts: Parts,
    pub(crate) metrics: Arc<Metrics>,
    /// Whether callers without a key are let in: only on a loopback address, and only until a key exists.
    loopback: bool,
    prepared: ArcSwap<HashMap<BundleId, Arc<Ready>>>,
}

/// A bundle ready to serve, and what was declared in it.
pub(crate) struct Ready {
    pub(crate) use_case: UseCase,
    pub(crate) prepared: Arc<Prepared>,
}

/// What answers a request.
pub(crate) struct Picked {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) arm: Arm,
}

impl App {
    pub(crate) fn new(parts: Parts, loopback: bool) -> Self {
        Self { parts, metrics: Arc::new(Metrics::default()), loopback, prepared: ArcSwap::default() }
    }

    /// Prepares everything that is released, so that no first request waits for it.
    pub(crate) async fn warm(&self) {
        for name in self.parts.project.use_case_names().unwrap_or_default() {
            let Ok(status) = self.parts.releases.status(&name) else { continue };
            let serving = status.pointer.into_iter().flat_map(|pointer| [Some(pointer.stable), pointer.canary]);
            for bundle in serving.flatten() {
                if let Err(problem) = self.ready(bundle).await {
                    tracing::error!(use_case = name, problem = problem.message, "a released bundle cannot be prepared");
                }
            }
        }
    }

    /// Who calls. The key comes as OpenAI's SDKs send it.
    pub(crate) fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, Problem> {
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer = value.and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")));
        Ok(self.parts.admission.authenticate(bearer.map(str::trim), self.loopback)?)
    }

    pub(crate) fn authenticate_admin(&self, headers: &HeaderMap) -> Result<Principal, Problem> {
        let principal = self.authenticate(headers)?;
        match principal.role {
            PrincipalRole::Admin => Ok(principal),
            PrincipalRole::App => Err(Problem::new(
                axum::http::StatusCode::FORBIDDEN,
                "permission_error",
                "admin_only",
                "this needs a key with the role `admin` (shipway key create --role admin)",
            )),
        }
    }

    /// The bundle that answers this request: the release's stable or canary arm, the same for a whole conversation; the
    /// working copy while nothing was released, in developer mode only; or a bare model.
    pub(crate) async fn pick(&self, request: &ChatRequest, principal: &Principal) -> Result<Picked, Problem> {
        let names = self.parts.project.use_case_names().unwrap_or_default();
        if !names.contains(&request.model) {
            return self.pick_bare(request);
        }
        let sticky = request.conversation.as_deref().or(request.subject.as_deref());
        match self.parts.releases.pick(&request.model, sticky)? {
            Some(picked) => {
                let ready = self.ready(picked.bundle).await?;
                Ok(Picked { prepared: Arc::clone(&ready.prepared), arm: picked.arm })
            }
            None if principal.key == Principal::developer().key => {
                let ready = self.working_copy(&request.model).await?;
                Ok(Picked { prepared: Arc::clone(&ready.prepared), arm: Arm::Working })
            }
            None => Err(Problem::new(
                axum::http::StatusCode::CONFLICT,
                "invalid_request_error",
                "not_released",
                format!("`{0}` has no release yet: run `shipway eval {0}`, then `shipway release {0}`", request.model),
            )),
        }
    }

    fn pick_bare(&self, request: &ChatRequest) -> Result<Picked, Problem> {
        let unknown = || pipeline::Error::UnknownModel(request.model.clone());
        let model = ModelRef::parse(&request.model).ok_or_else(unknown)?;
        Ok(Picked { prepared: self.parts.pipeline.prepare_bare(&model)?, arm: Arm::Stable })
    }

    /// A released bundle, prepared at its first request.
    pub(crate) async fn ready(&self, id: BundleId) -> Result<Arc<Ready>, Problem> {
        if let Some(ready) = self.prepared.load().get(&id) {
            return Ok(Arc::clone(ready));
        }
        let bundle = self.parts.releases.bundle(&id)?.ok_or_else(|| broken(&format!("the bundle {id} is gone")))?;
        let use_case = UseCase::from_bundle(&bundle).map_err(|problems| broken(&problems.to_string()))?;
        self.prepare(use_case).await
    }

    async fn working_copy(&self, name: &str) -> Result<Arc<Ready>, Problem> {
        let use_case = self.parts.project.use_case(name).map_err(|problems| broken(&problems.to_string()))?;
        if let Some(ready) = self.prepared.load().get(&use_case.bundle) {
            return Ok(Arc::clone(ready));
        }
        self.prepare(use_case).await
    }

    async fn prepare(&self, use_case: UseCase) -> Result<Arc<Ready>, Problem> {
        let pipeline = self.parts.pipeline.clone();
        let prepared = tokio::task::spawn_blocking(move || {
            let prepared = pipeline.prepare(&use_case)?;
            Ok::<_, pipeline::Error>(Ready { use_case, prepared })
        });
        let ready = Arc::new(prepared.await.map_err(|_| pipeline::Error::WorkerStopped)??);
        let id = ready.use_case.bundle.clone();
        self.prepared.rcu(|table| {
            // Edits in developer mode make a bundle each; what is dropped here is prepared again when it is asked for.
            let mut table = if table.len() < MOST_PREPARED { HashMap::clone(table) } else { HashMap::new() };
            table.insert(id.clone(), Arc::clone(&ready));
            table
        });
        Ok(ready)
    }
}

fn broken(message: &str) -> Problem {
    Problem::new(axum::http::StatusCode::INTERNAL_SERVER_ERROR, "server_error", "bundle_broken", message)
}
