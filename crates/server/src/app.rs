//! What the routes share: the engines, composed by the binary, and the table of prepared use cases. Readers take an
//! immutable table; a release or a new bundle swaps it.

use crate::batching;
use crate::metrics::Metrics;
use crate::problem::Problem;
use admission::{Admission, Admitted, Gate, Pass, Priority};
use arc_swap::ArcSwap;
use axum::http::{HeaderMap, header};
use batches::Batches;
use evals::Evals;
use ingest::Ingest;
use ledger::{Arm, Ledger, Source};
use pipeline::{Pipeline, Prepared};
use releases::Releases;
use std::collections::HashMap;
use std::sync::Arc;
use usecase::declared::ModelRef;
use usecase::project::{Project, UseCase};
use usecase::{BundleId, ChatRequest, Principal, PrincipalRole};

/// Whether a request was made for this machine (`Host`), by nothing in a browser or by a page of this machine (`Origin`):
/// the defence against other sites' pages and against DNS rebinding.
fn is_local(headers: &HeaderMap) -> bool {
    let local = |authority: &str| {
        let host = authority.rsplit_once(':').filter(|(_, port)| port.bytes().all(|byte| byte.is_ascii_digit()));
        let host = host.map_or(authority, |(host, _)| host);
        ["localhost", "127.0.0.1", "[::1]"].contains(&host)
    };
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let origin =
        text(header::ORIGIN).is_none_or(|origin| origin.split_once("://").is_some_and(|(_, rest)| local(rest)));
    origin && text(header::HOST).is_none_or(local)
}

/// Bundles kept ready at the same time.
const MOST_PREPARED: usize = 64;

/// Bare models kept ready at the same time.
const MOST_BARE: usize = 256;

/// Everything a running server holds. The binary makes it; nothing here is global.
#[derive(Clone)]
pub struct Parts {
    pub project: Project,
    pub pipeline: Pipeline,
    pub ledger: Ledger,
    pub admission: Admission,
    pub releases: Releases,
    pub batches: Batches,
    pub ingest: Ingest,
    pub evals: Evals,
}

pub(crate) struct App {
    pub(crate) parts: Parts,
    pub(crate) metrics: Arc<Metrics>,
    /// Whether callers without a key are let in: only on a loopback address, and only until a key exists.
    loopback: bool,
    /// The lines of batches come through a router of their own that no listener leads to. What comes there names its key
    /// instead of proving it.
    inside: bool,
    pub(crate) gate: Gate,
    prepared: Arc<ArcSwap<HashMap<BundleId, Arc<Ready>>>>,
    bare: Arc<ArcSwap<HashMap<ModelRef, Arc<Prepared>>>>,
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
        let metrics = Arc::new(Metrics::default());
        let (prepared, bare) = (Arc::default(), Arc::default());
        let gate = Gate::new(&parts.project.file.limits);
        Self { parts, metrics, loopback, inside: false, gate, prepared, bare }
    }

    /// The same for the lines of batches: everything is shared but how a caller is known.
    pub(crate) fn inside(&self) -> Self {
        Self {
            parts: self.parts.clone(),
            metrics: Arc::clone(&self.metrics),
            loopback: self.loopback,
            inside: true,
            gate: self.gate.clone(),
            prepared: Arc::clone(&self.prepared),
            bare: Arc::clone(&self.bare),
        }
    }

    /// On whose behalf requests come.
    pub(crate) fn source(&self) -> Source {
        if self.inside { Source::Batch } else { Source::Live }
    }

    /// A place among the requests under way, by how urgent the caller's key is; a batch takes only what is left.
    pub(crate) async fn enter(&self, principal: &Principal) -> Result<Pass, Problem> {
        let priority = if self.inside { Priority::Low } else { self.parts.admission.priority(principal) };
        Ok(self.gate.enter(priority).await?)
    }

    /// Reserves the most that a request can cost, in money and in tokens.
    pub(crate) fn admit(
        &self,
        principal: Principal,
        prepared: &Prepared,
        request: &ChatRequest,
    ) -> Result<Admitted, Problem> {
        let pipeline = &self.parts.pipeline;
        let (estimate, budget) = (pipeline.estimate(prepared, request), prepared.budget_per_day());
        let admitted = self.parts.admission.admit(principal, prepared.name(), budget, estimate)?;
        Ok(admitted.with_tokens(pipeline.most_tokens(prepared, request))?)
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

    /// Who calls. The key comes as OpenAI's SDKs send it (`Authorization: Bearer`) or as Anthropic's do (`x-api-key`).
    pub(crate) fn authenticate(&self, headers: &HeaderMap) -> Result<Principal, Problem> {
        if self.inside {
            let key = headers.get(batching::KEY).and_then(|value| value.to_str().ok()).unwrap_or_default();
            return Ok(self.parts.admission.holder(key, self.loopback)?);
        }
        let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let bearer =
            value.and_then(|value| value.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
        let named = || headers.get("x-api-key").and_then(|value| value.to_str().ok());
        let key = bearer.map(|(_, key)| key).or_else(named);
        let principal = self.parts.admission.authenticate(key.map(str::trim), self.loopback)?;
        // Without a key, any page in a browser of this machine could call: it must at least be one of this machine's.
        if principal.is_developer() && !is_local(headers) {
            return Err(Problem::foreign_page());
        }
        Ok(principal)
    }

    pub(crate) fn authenticate_admin(&self, headers: &HeaderMap) -> Result<Principal, Problem> {
        let principal = self.authenticate(headers)?;
        match principal.role {
            PrincipalRole::Admin => Ok(principal),
            PrincipalRole::App => Err(Problem::admin_only()),
        }
    }

    /// The bundle that answers this request: the release's stable or canary arm, the same for a whole conversation; the
    /// working copy while nothing was released, in developer mode only; or a bare model. A release is all in the
    /// database: its folder is not looked at, and may be gone. Who may not call it is sent away before any work is done.
    pub(crate) async fn pick(&self, request: &ChatRequest, principal: &Principal) -> Result<Picked, Problem> {
        let name = &request.model;
        // The name of a use case holds no slash, that of a bare model always does.
        if let Some(model) = ModelRef::parse(name) {
            allowed(principal, Principal::MODELS)?;
            return Ok(Picked { prepared: self.bare(&model)?, arm: Arm::Stable });
        }
        let sticky = request.conversation.as_deref().or(request.subject.as_deref());
        if let Some(picked) = self.parts.releases.pick(name, sticky)? {
            allowed(principal, name)?;
            let ready = self.ready(picked.bundle).await?;
            return Ok(Picked { prepared: Arc::clone(&ready.prepared), arm: picked.arm });
        }
        if !self.parts.project.use_case_names().unwrap_or_default().contains(name) {
            return Err(pipeline::Error::UnknownModel(name.clone()).into());
        }
        allowed(principal, name)?;
        if !principal.is_developer() {
            return Err(Problem::not_released(name));
        }
        let ready = self.working_copy(name).await?;
        Ok(Picked { prepared: Arc::clone(&ready.prepared), arm: Arm::Working })
    }

    /// A bare model, prepared at its first request.
    fn bare(&self, model: &ModelRef) -> Result<Arc<Prepared>, Problem> {
        if let Some(prepared) = self.bare.load().get(model) {
            return Ok(Arc::clone(prepared));
        }
        let prepared = self.parts.pipeline.prepare_bare(model)?;
        self.bare.rcu(|table| {
            // Callers choose the names: the table must not grow with them.
            let mut table = if table.len() < MOST_BARE { HashMap::clone(table) } else { HashMap::new() };
            table.insert(model.clone(), Arc::clone(&prepared));
            table
        });
        Ok(prepared)
    }

    /// A released bundle, prepared at its first request.
    pub(crate) async fn ready(&self, id: BundleId) -> Result<Arc<Ready>, Problem> {
        if let Some(ready) = self.prepared.load().get(&id) {
            return Ok(Arc::clone(ready));
        }
        let bundle = self
            .parts
            .releases
            .bundle(&id)?
            .ok_or_else(|| Problem::bundle_broken(&format!("the bundle {id} is gone")))?;
        let use_case =
            UseCase::from_bundle(&bundle).map_err(|problems| Problem::bundle_broken(&problems.to_string()))?;
        self.prepare(use_case).await
    }

    async fn working_copy(&self, name: &str) -> Result<Arc<Ready>, Problem> {
        let use_case =
            self.parts.project.use_case(name).map_err(|problems| Problem::bundle_broken(&problems.to_string()))?;
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

fn allowed(principal: &Principal, name: &str) -> Result<(), Problem> {
    if principal.may_call(name) {
        return Ok(());
    }
    Err(admission::Denied::NotAllowed { use_case: name.to_owned() }.into())
}
