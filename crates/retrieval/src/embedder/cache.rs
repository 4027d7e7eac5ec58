//! Where pulled models lie, and how one knows that they are whole.
//!
//! A model's folder holds its files and a marker, written last and only after every file's SHA-256 was checked. Opening
//! a model then compares sizes and the marker instead of hashing 90 MB at each start.

use crate::Error;
use std::path::{Path, PathBuf};

/// One file of a model, pinned by content.
pub(super) struct Pinned {
    pub(super) name: &'static str,
    pub(super) sha256: &'static str,
    pub(super) bytes: u64,
}

/// The files of `sentence-transformers/all-MiniLM-L6-v2` that are used: the weights in fp32 and the vocabulary.
pub(super) const MINILM: [Pinned; 2] = [
    Pinned {
        name: "model.safetensors",
        sha256: "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
        bytes: 90_868_376,
    },
    Pinned {
        name: "vocab.txt",
        sha256: "07eced375cec144d27c900241f3e339478dec958f92fddbc551f295c992038a3",
        bytes: 231_508,
    },
];

const MARKER: &str = "verified";

/// `$SHIPWAY_MODELS/minilm`, else `$XDG_CACHE_HOME/shipway/models/minilm`, else `~/.cache/shipway/models/minilm`.
pub(super) fn minilm_folder() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let cache = || match set("XDG_CACHE_HOME") {
        Some(folder) => folder,
        None => std::env::home_dir().unwrap_or_else(std::env::temp_dir).join(".cache"),
    };
    set("SHIPWAY_MODELS").unwrap_or_else(|| cache().join("shipway").join("models")).join("minilm")
}

/// What the marker says of a model whose files are these.
pub(super) fn marker_text(files: &[Pinned]) -> String {
    files.iter().map(|file| format!("{}  {}\n", file.sha256, file.name)).collect()
}

/// Writes the marker, after everything else.
pub(super) fn mark(folder: &Path, files: &[Pinned]) -> Result<(), Error> {
    let path = folder.join(MARKER);
    std::fs::write(&path, marker_text(files)).map_err(|source| Error::Cache { path, source })
}

/// Whether MiniLM was pulled whole and its files still have their sizes.
pub(super) fn is_complete(folder: &Path) -> bool {
    holds(folder, &MINILM)
}

pub(super) fn holds(folder: &Path, files: &[Pinned]) -> bool {
    let marked = std::fs::read_to_string(folder.join(MARKER)).is_ok_and(|text| text == marker_text(files));
    let sized = |file: &Pinned| std::fs::metadata(folder.join(file.name)).is_ok_and(|found| found.len() == file.bytes);
    marked && files.iter().all(sized)
}
