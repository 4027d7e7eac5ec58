//! What the routes share: the engines, composed by the binary, and the table of prepared use cases. Readers take an
//! immutable table; a release or a new bundle swaps it.

use crate::batching;
use crate::lasting::Lasting;
use crate::metrics::Metrics;
use crate::problem::Problem;
use admission::{Admission, Admitted, Gate, Pass, Priority};
use arc_swap::ArcSwap;
use axum::http::{HeaderMap, header};
use batches::Batches;
use evals::Evals;
use ingest::Ingest;
use ingest::webhook::Remembered;
use ledger::{Arm, Ledger, Source};
use pipeline::{Estimate, Pipeline, Prepared};
use releases::Releases;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::Mutex;
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
    prepared: Arc<ArcSwap<HashMap<BundleId, Arc<Prepared>>>>,
    bare: Arc<ArcSwap<HashMap<ModelRef, Arc<Prepared>>>>,
    /// Held by the one that prepares a bundle: after a release all requests want the same one at the same moment.
    preparing: Arc<Mutex<()>>,
    pub(crate) lasting: Lasting,
    /// Messages that were pushed to feeds and taken.
    pub(crate) pushed: Arc<Remembered>,
}

/// What answers a request.
pub(crate) struct Picked {
    pub(crate) prepared: Arc<Prepared>,
    pub(crate) arm: Arm,
}

impl App {
    pub(crate) fn new(parts: Parts, loopback: bool) -> Self {
        let metrics = Arc::new(Metrics::default());
        let (prepared, bare, preparing, lasting, pushed) = Default::default();
        let gate = Gate::new(&parts.project.file.limits);
        Self { parts, metrics, loopback, inside: false, gate, prepared, bare, preparing, lasting, pushed }
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
            preparing: Arc::clone(&self.preparing),
            lasting: self.lasting.clone(),
            pushed: Arc::clone(&self.pushed),
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
        let Estimate { cost, tokens } = self.parts.pipeline.estimate(prepared, request);
        let admitted = self.parts.admission.admit(principal, prepared.name(), prepared.budget_per_day(), cost)?;
        Ok(admitted.with_tokens(tokens)?)
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
            return Ok(Picked { prepared: self.ready(picked.bundle).await?, arm: picked.arm });
        }
        if !self.parts.project.use_case_names().unwrap_or_default().contains(name) {
            return Err(pipeline::Error::UnknownModel(name.clone()).into());
        }
        allowed(principal, name)?;
        if !principal.is_developer() {
            return Err(Problem::not_released(name));
        }
        Ok(Picked { prepared: self.working_copy(name).await?, arm: Arm::Working })
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
    pub(crate) async fn ready(&self, id: BundleId) -> Result<Arc<Prepared>, Problem> {
        let releases = self.parts.releases.clone();
        let wanted = id.clone();
        self.prepared(&id, move || {
            let bundle = releases
                .bundle(&wanted)?
                .ok_or_else(|| Problem::bundle_broken(&format!("the bundle {wanted} is gone")))?;
            UseCase::from_bundle(&bundle).map_err(|problems| Problem::bundle_broken(&problems.to_string()))
        })
        .await
    }

    async fn working_copy(&self, name: &str) -> Result<Arc<Prepared>, Problem> {
        let use_case =
            self.parts.project.use_case(name).map_err(|problems| Problem::bundle_broken(&problems.to_string()))?;
        self.prepared(&use_case.bundle.clone(), move || Ok(use_case)).await
    }

    /// A bundle from the table, or read and prepared beside the network's thread, by one request at a time.
    async fn prepared(
        &self,
        id: &BundleId,
        read: impl FnOnce() -> Result<UseCase, Problem> + Send + 'static,
    ) -> Result<Arc<Prepared>, Problem> {
        let known = || self.prepared.load().get(id).cloned();
        if let Some(ready) = known() {
            return Ok(ready);
        }
        let _alone = self.preparing.lock().await;
        // Another request may have prepared it meanwhile.
        if let Some(ready) = known() {
            return Ok(ready);
        }
        let pipeline = self.parts.pipeline.clone();
        let preparing = tokio::task::spawn_blocking(move || Ok::<_, Problem>(pipeline.prepare(&read()?)?));
        let ready = preparing.await.map_err(|_| Problem::worker_stopped())??;
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
