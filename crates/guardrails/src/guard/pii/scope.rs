//! Which kinds are looked for, and by the rules of which countries.

use super::types::{Default, MEMBERS, TYPES};
use phonenumber::country::Id;
use std::sync::LazyLock;

/// A choice from `TYPES`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Scope {
    /// One per entry of `TYPES`.
    held: Vec<bool>,
    regions: Vec<Id>,
}

/// A jurisdiction or kind that there is none of. The operator's: it says which.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UnknownScope {
    #[error("no rules for the jurisdiction {0:?}: use EU, or two letters such as US, GB, DE, IN, SG, AE")]
    Jurisdiction(String),
    #[error("no kind of personal data is called {0:?}")]
    Kind(String),
}

/// Countries that write their numbers without a trunk zero, and not as North America does: there the form says little and
/// `phonenumber` is asked.
const WITHOUT_TRUNK: [Id; 11] =
    [Id::DK, Id::NO, Id::ES, Id::PT, Id::PL, Id::CZ, Id::GR, Id::SG, Id::EE, Id::LV, Id::LU];

static ALL: LazyLock<Scope> =
    LazyLock::new(|| Scope { held: vec![true; TYPES.len()], regions: WITHOUT_TRUNK.to_vec() });

static MASKED: LazyLock<Scope> = LazyLock::new(|| {
    let held = TYPES.iter().map(|known| known.default == Default::Mask).collect();
    Scope { held, ..ALL.clone() }
});

impl Scope {
    /// Every kind of every country.
    pub(crate) fn all() -> &'static Self {
        &ALL
    }

    /// Of every country the kinds that are masked unless declared otherwise.
    pub(crate) fn masked() -> &'static Self {
        &MASKED
    }

    /// Kinds of some jurisdictions (`EU` stands for all its members, `UK` for `GB`); an empty list stands for all. What is the
    /// same everywhere, such as e-mail addresses, belongs to every jurisdiction.
    pub(crate) fn of(jurisdictions: &[&str], kinds: &[&str]) -> Result<Self, UnknownScope> {
        let codes: Vec<String> = jurisdictions.iter().map(|code| code.trim().to_ascii_uppercase()).collect();
        let codes: Vec<&str> = codes.iter().map(|code| if code == "UK" { "GB" } else { code }).collect();
        let ruled = |code: &str| {
            code == "EU" || MEMBERS.contains(&code) || TYPES.iter().any(|known| known.jurisdiction == Some(code))
        };
        if let Some(unknown) = codes.iter().find(|code| !ruled(code) && code.parse::<Id>().is_err()) {
            return Err(UnknownScope::Jurisdiction((*unknown).to_owned()));
        }
        if let Some(unknown) = kinds.iter().find(|kind| TYPES.iter().all(|known| known.kind != **kind)) {
            return Err(UnknownScope::Kind((*unknown).to_owned()));
        }
        let union = codes.contains(&"EU");
        let in_scope = |jurisdiction: &str| match jurisdiction {
            "EU" => union || codes.iter().any(|code| MEMBERS.contains(code)),
            // Slovakia keeps the numbers of Czechoslovakia.
            "CZ" if codes.contains(&"SK") => true,
            code => codes.contains(&code) || union && MEMBERS.contains(&code),
        };
        let held = TYPES.iter().map(|known| {
            (kinds.is_empty() || kinds.contains(&known.kind))
                && (codes.is_empty() || known.jurisdiction.is_none_or(in_scope))
        });
        let region = |id: &Id| codes.is_empty() || in_scope(id.as_ref());
        let mut regions: Vec<Id> = WITHOUT_TRUNK.iter().copied().filter(region).collect();
        let declared = codes.iter().filter_map(|code| code.parse::<Id>().ok());
        regions.extend(declared.filter(|id| !WITHOUT_TRUNK.contains(id)));
        Ok(Self { held: held.collect(), regions })
    }

    pub(super) fn holds(&self, place: usize) -> bool {
        self.held[place]
    }

    /// In which countries' forms telephone numbers are tried.
    pub(super) fn regions(&self) -> &[Id] {
        &self.regions
    }
}
