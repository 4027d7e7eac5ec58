//! What was declared about the guards, in the form that they ask at every text: what a rule does at a place, what it lets
//! pass, and whether it only watches. The most particular word holds: a rule's policy before a type's action, a
//! type's before the guard's policy, that before the guard's own word.

use crate::guard::names;
use crate::guard::pii::{Default, Scope, TYPES};
use regex::{Regex, RegexBuilder};
use std::collections::{BTreeMap, BTreeSet};
use usecase::declared::{
    Action, Allowed, Fail, Guard, InjectionAction, LeakAction, PiiAction, Place, Policy, SecretsAction, SubjectAction,
    TypeAction, WhileStreaming,
};
use usecase::{Decision, Timestamp};

/// The declared rules of one use case.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    declared: Guard,
    exceptions: BTreeMap<String, Vec<Exception>>,
    /// Which types of personal data are looked for.
    scope: Scope,
}

/// What may pass until a day.
#[derive(Clone, Debug)]
struct Exception {
    /// Matches the words, in any case where they were written as text.
    words: Regex,
    /// The first moment at which it no longer holds.
    ends: Timestamp,
}

/// What happens to a value that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Treatment {
    Allow,
    /// A placeholder that is restored.
    Mask,
    /// A made-up value that is restored.
    Replace,
    /// A keyed digest that is not.
    Hash,
    /// Masked, and a person looks.
    Review,
    /// Masked, and not served.
    Refuse,
}

impl Treatment {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Allow => "let be",
            Self::Mask => "masked",
            Self::Replace => "replaced",
            Self::Hash => "hashed",
            Self::Review => "masked, for a person to look at",
            Self::Refuse => "refused",
        }
    }
}

/// A finding of the secrets guard that opens nothing by itself.
const RESOURCE: &str = "RESOURCE";

/// The largest compiled form of a declared pattern, in bytes.
const LARGEST_PATTERN: usize = 1 << 20;

impl Rules {
    pub(crate) fn of(declared: &Guard) -> Self {
        let exceptions = declared.policy.iter().filter(|(_, policy)| !policy.allow.is_empty());
        let compiled = |policy: &Policy| policy.allow.iter().filter_map(Exception::of).collect();
        let exceptions = exceptions.map(|(name, policy)| (name.clone(), compiled(policy))).collect();
        Self { declared: declared.clone(), exceptions, scope: scope(declared) }
    }

    pub(crate) fn scope(&self) -> &Scope {
        &self.scope
    }

    pub(crate) fn declared(&self) -> &Guard {
        &self.declared
    }

    pub(crate) fn problems(&self) -> Vec<String> {
        let is_type = |kind: &str| {
            names::KINDS.iter().any(|(_, name)| *name == kind) || TYPES.iter().any(|known| known.kind == kind)
        };
        let unknown = self.declared.types.keys().filter(|kind| !is_type(kind));
        let types = unknown.map(|kind| format!("`guard.types.{kind}`: no type of personal data is called so"));
        let countries: Vec<&str> = self.declared.jurisdictions.iter().map(String::as_str).collect();
        let countries = Scope::of(&countries, &[]).err().map(|unknown| format!("`guard.jurisdictions`: {unknown}"));
        let is_rule = |rule: &str| {
            names::KINDS.iter().any(|(name, _)| *name == rule) || TYPES.iter().any(|known| known.rule == rule)
        };
        let named = self.declared.policy.keys().filter_map(|name| name.strip_prefix("pii."));
        let rules =
            named.filter(|rule| !is_rule(rule)).map(|rule| format!("`guard.policy.pii.{rule}`: there is no such rule"));
        types.chain(countries).chain(rules).collect()
    }

    /// The policies that speak of a rule, the more particular first.
    fn policies(&self, guard: &str, rule: &str) -> impl Iterator<Item = &Policy> {
        let policies = &self.declared.policy;
        // No name is built where nothing is declared, which is nearly always.
        let particular = (!policies.is_empty()).then(|| policies.get(&format!("{guard}.{rule}"))).flatten();
        particular.into_iter().chain(policies.get(guard))
    }

    fn declared_of<T>(&self, guard: &str, rule: &str, field: impl Fn(&Policy) -> Option<T>) -> Option<T> {
        self.policies(guard, rule).find_map(field)
    }

    pub(crate) fn watches(&self, guard: &str, rule: &str) -> bool {
        self.declared_of(guard, rule, |policy| policy.shadow).unwrap_or(false)
    }

    /// What a refused caller reads, where the owner said so.
    pub(crate) fn says(&self, guard: &str, rule: &str) -> Option<&str> {
        self.policies(guard, rule).find_map(|policy| policy.say.as_deref())
    }

    pub(crate) fn fails(&self, guard: &str, rule: &str) -> Fail {
        self.declared_of(guard, rule, |policy| policy.fail).unwrap_or_default()
    }

    /// Whether a streamed answer is given out before this rule has judged it.
    pub(crate) fn cuts(&self, guard: &str, rule: &str) -> bool {
        self.declared_of(guard, rule, |policy| policy.stream) == Some(WhileStreaming::Cut)
    }

    /// The least score that counts, 0 to 1, where the use case says so; else the guard's own holds.
    pub(crate) fn threshold(&self, guard: &str, rule: &str) -> Option<f64> {
        self.declared_of(guard, rule, |policy| policy.threshold)
    }

    /// Whether a guard looks at a place at all. Values are looked for everywhere but in answers, where they are the
    /// caller's own or a document's; the guards of the output only there.
    pub(crate) fn looks(&self, guard: &str, place: Place) -> bool {
        let usual = match guard {
            "output" | "leak" | "grounding" => place == Place::Output,
            "topics" | "sensitive" | "advice" => place == Place::Input,
            _ => place != Place::Output,
        };
        let declared = self.declared.policy.get(guard).and_then(|policy| policy.on.as_ref());
        let on = declared.map_or(usual, |places| places.contains(&place));
        // A rule may look where its guard does not.
        let family = format!("{guard}.");
        let particular = |(name, policy): (&String, &Policy)| {
            name.starts_with(&family) && policy.on.as_ref().is_some_and(|places| places.contains(&place))
        };
        on || (!self.declared.policy.is_empty() && self.declared.policy.iter().any(particular))
    }

    /// Whether one rule looks at a place.
    fn rule_looks(&self, guard: &str, rule: &str, place: Place) -> bool {
        let declared = self.policies(guard, rule).find_map(|policy| policy.on.as_ref());
        declared.map_or_else(|| guard_default(guard, place), |places| places.contains(&place))
    }

    /// What happens to a value of personal data. `usual` is what its type is for: some are only told when asked for.
    pub(crate) fn personal(&self, rule: &str, kind: &str, usual: Treatment, place: Place) -> Treatment {
        let guard = &self.declared;
        if guard.pii == PiiAction::Off || !self.rule_looks("pii", rule, place) {
            return Treatment::Allow;
        }
        // No name is built where nothing is declared, which is nearly always.
        let named = (!guard.policy.is_empty()).then(|| guard.policy.get(&format!("pii.{rule}"))).flatten();
        if let Some(action) = named.and_then(|policy| policy.action) {
            return treatment(action);
        }
        if let Some(action) = guard.types.get(kind) {
            return match action {
                TypeAction::Mask => Treatment::Mask,
                TypeAction::Replace => Treatment::Replace,
                TypeAction::Hash => Treatment::Hash,
                TypeAction::Refuse => Treatment::Refuse,
                TypeAction::Allow => Treatment::Allow,
            };
        }
        if usual == Treatment::Allow {
            return Treatment::Allow;
        }
        if let Some(action) = guard.policy.get("pii").and_then(|policy| policy.action) {
            return treatment(action);
        }
        match guard.pii {
            PiiAction::Mask => Treatment::Mask,
            PiiAction::Replace => Treatment::Replace,
            PiiAction::Hash => Treatment::Hash,
            PiiAction::Refuse => Treatment::Refuse,
            PiiAction::Off => Treatment::Allow,
        }
    }

    /// Whether anything is done about names at a place.
    pub(crate) fn seeks_names(&self, place: Place) -> bool {
        names::KINDS.iter().any(|(rule, kind)| self.personal(rule, kind, Treatment::Allow, place) != Treatment::Allow)
    }

    /// What happens to a secret.
    /// What only tells where something is (a bucket, a host) is never a reason to refuse.
    pub(crate) fn secret(&self, rule: &str, kind: &str, place: Place) -> Treatment {
        if self.declared.secrets == SecretsAction::Off || !self.rule_looks("secrets", rule, place) {
            return Treatment::Allow;
        }
        match self.declared_of("secrets", rule, |policy| policy.action) {
            Some(action) => treatment(action),
            None if self.declared.secrets == SecretsAction::Refuse && kind != RESOURCE => Treatment::Refuse,
            None => Treatment::Mask,
        }
    }

    /// What happens to a text that a guard judges as a whole; `None` where the guard is off.
    pub(crate) fn judgement(&self, guard: &str, rule: &str) -> Option<Decision> {
        let declared = &self.declared;
        let subject = |action: SubjectAction| match action {
            SubjectAction::Off => None,
            SubjectAction::Review => Some(Decision::Review),
            SubjectAction::Refuse => Some(Decision::Refuse),
        };
        let usual = match guard {
            "injection" => match declared.injection {
                InjectionAction::Off => None,
                InjectionAction::Review => Some(Decision::Review),
                InjectionAction::Refuse => Some(Decision::Refuse),
            },
            "leak" => match declared.leak {
                LeakAction::Off => None,
                LeakAction::Review => Some(Decision::Review),
                LeakAction::Refuse => Some(Decision::Refuse),
            },
            "sensitive" => subject(declared.sensitive),
            "advice" => subject(declared.advice),
            // An answer in another language is odd, one with a forbidden word is forbidden.
            "output" if rule == "language" => Some(Decision::Review),
            _ => Some(Decision::Refuse),
        }?;
        let particular = self.declared_of(guard, rule, |policy| policy.action);
        Some(match particular {
            Some(Action::Allow) => Decision::Allow,
            Some(Action::Review) => Decision::Review,
            Some(Action::Refuse) => Decision::Refuse,
            Some(Action::Mask | Action::Replace | Action::Hash) | None => usual,
        })
    }

    /// Whether a value may pass: an exception matches all of it.
    pub(crate) fn lets_pass(&self, guard: &str, rule: &str, value: &str) -> bool {
        !self.exceptions.is_empty()
            && self
                .held(guard)
                .chain(self.held(&format!("{guard}.{rule}")))
                .any(|one| one.words.find(value).is_some_and(|found| found.len() == value.len()))
    }

    /// The text without the words that may pass by the guard or a rule of it, each overwritten with as many blanks: what stands beside them is
    /// judged all the same, so that an exception gives no cover to anything else. `None` where there are none.
    pub(crate) fn without_exceptions(&self, guard: &str, text: &str) -> Option<String> {
        if self.exceptions.is_empty() {
            return None;
        }
        let mut left = None::<String>;
        let family = format!("{guard}.");
        let names = self.exceptions.keys().filter(|name| *name == guard || name.starts_with(&family));
        for exception in names.flat_map(|name| self.held(name)) {
            let now = left.as_deref().unwrap_or(text);
            if exception.words.is_match(now) {
                let blank = |found: &regex::Captures<'_>| " ".repeat(found.get(0).map_or(0, |all| all.len()));
                left = Some(exception.words.replace_all(now, blank).into_owned());
            }
        }
        left
    }

    /// The exceptions under a name that have not ended.
    fn held(&self, name: &str) -> impl Iterator<Item = &Exception> {
        let now = Timestamp::now();
        self.exceptions.get(name).into_iter().flatten().filter(move |exception| now < exception.ends)
    }
}

/// The types about which something is done, by the rules of the declared countries. Names that nobody knows are left out here: the
/// configuration's check and `Guards::problems` tell of them.
fn scope(declared: &Guard) -> Scope {
    let acts =
        |kind: &str, masked: bool| declared.types.get(kind).map_or(masked, |action| *action != TypeAction::Allow);
    let by_policy =
        |rule: &str| declared.policy.get(&format!("pii.{rule}")).is_some_and(|policy| policy.action.is_some());
    let sought = TYPES.iter().filter(|known| acts(known.kind, known.default == Default::Mask) || by_policy(known.rule));
    let kinds: BTreeSet<&str> = sought.map(|known| known.kind).collect();
    let countries: Vec<&str> = declared.jurisdictions.iter().map(String::as_str).collect();
    let kinds: Vec<&str> = kinds.into_iter().collect();
    Scope::of(&countries, &kinds).unwrap_or_else(|_| Scope::masked().clone())
}

fn guard_default(guard: &str, place: Place) -> bool {
    !matches!(guard, "pii" | "secrets") || place != Place::Output
}

fn treatment(action: Action) -> Treatment {
    match action {
        Action::Allow => Treatment::Allow,
        Action::Mask => Treatment::Mask,
        Action::Replace => Treatment::Replace,
        Action::Hash => Treatment::Hash,
        Action::Review => Treatment::Review,
        Action::Refuse => Treatment::Refuse,
    }
}

impl Exception {
    /// `None` for what the configuration's check refuses: no words, or a pattern that cannot be compiled.
    fn of(allowed: &Allowed) -> Option<Self> {
        let pattern = match (&allowed.text, &allowed.pattern) {
            (Some(text), _) => format!("(?i:{})", regex::escape(text.trim())),
            (None, Some(pattern)) => pattern.clone(),
            (None, None) => return None,
        };
        let words = RegexBuilder::new(&pattern).size_limit(LARGEST_PATTERN).build().ok()?;
        Some(Self { words, ends: allowed.until.end() })
    }
}
