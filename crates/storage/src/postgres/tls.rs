//! The safe way to a Postgres: rustls with ring, and certificates judged as the platform judges them or by a file.

use super::error::{Error, Result};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use rustls_platform_verifier::BuilderVerifierExt;
use std::path::Path;
use std::sync::Arc;
use tokio_postgres_rustls::MakeRustlsConnect;

/// Verifies certificate and host name whenever a server speaks TLS.
pub(super) fn connector(server: &str, roots: Option<&Path>) -> Result<MakeRustlsConnect> {
    let refuse = |reason: String| Error::Tls { server: server.to_owned(), reason };
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| refuse(error.to_string()))?;
    let builder = match roots {
        None => builder.with_platform_verifier().map_err(|error| refuse(error.to_string()))?,
        Some(file) => builder.with_root_certificates(trusted(file).map_err(refuse)?),
    };
    Ok(MakeRustlsConnect::new(builder.with_no_client_auth()))
}

fn trusted(file: &Path) -> std::result::Result<RootCertStore, String> {
    let unreadable = |reason: String| format!("the certificates in {} cannot be read: {reason}", file.display());
    let mut store = RootCertStore::empty();
    for certificate in CertificateDer::pem_file_iter(file).map_err(|error| unreadable(error.to_string()))? {
        let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
        store.add(certificate).map_err(|error| unreadable(error.to_string()))?;
    }
    if store.is_empty() {
        return Err(unreadable("there is none".to_owned()));
    }
    Ok(store)
}
