//! What a URL says of a Postgres: where it is, who we are there, and how safe the way must be.

use super::error::{Error, Result};
use super::options::Options;
use ::postgres::Config;
use ::postgres::config::{Host, SslMode};
use std::path::PathBuf;
use std::time::Duration;

/// A URL that was understood.
pub(super) struct Address {
    pub(super) config: Config,
    /// Host, port and database, for messages: nothing secret.
    pub(super) server: String,
    /// A file of certificates to trust instead of those of the system.
    pub(super) roots: Option<PathBuf>,
}

impl Address {
    /// Reads a URL as libpq has them. Two parameters mean something of our own: `sslmode` also takes libpq's `verify-ca` and
    /// `verify-full` and, whatever it says, a certificate that is shown is verified with its host's name; `sslrootcert` names a
    /// file in PEM, or `system`.
    pub(super) fn read(url: &str, options: &Options) -> Result<Self> {
        if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
            return Err(Error::Address("it does not begin with postgres://".to_owned()));
        }
        let (place, parameters) = url.split_once('?').unwrap_or((url, ""));
        let (mut mode, mut roots, mut others) = (SslMode::Prefer, None, Vec::new());
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(("sslmode", word)) => mode = ssl_mode(word)?,
                Some(("sslrootcert", "system")) => roots = None,
                Some(("sslrootcert", file)) => roots = Some(PathBuf::from(decoded(file)?)),
                Some((name, _)) if name.chars().all(|c| c.is_ascii_lowercase() || c == '_') => others.push(parameter),
                _ => return Err(Error::Address("after the ? stand parameters such as sslmode=require".to_owned())),
            }
        }
        // The parser's own words may quote a part of the password, where a `?` or `@` in it was not encoded.
        let mut config: Config = format!("{place}?{}", others.join("&"))
            .parse()
            .map_err(|_| Error::Address("it is not a URL, or has a parameter that is not known".to_owned()))?;
        config
            .ssl_mode(mode)
            .connect_timeout(options.connect_timeout)
            // A statement's own timeout comes first wherever the server still answers.
            .tcp_user_timeout(options.statement_timeout + Duration::from_secs(5))
            .keepalives_idle(Duration::from_secs(30));
        if config.get_application_name().is_none() {
            config.application_name("shipway");
        }
        if config.get_hosts().is_empty() {
            return Err(Error::Address("it names no host".to_owned()));
        }
        let server = server(&config);
        Ok(Self { config, server, roots })
    }
}

fn ssl_mode(word: &str) -> Result<SslMode> {
    match word {
        "disable" => Ok(SslMode::Disable),
        "prefer" | "allow" => Ok(SslMode::Prefer),
        "require" | "verify-ca" | "verify-full" => Ok(SslMode::Require),
        _ => Err(Error::Address("sslmode is one of disable, prefer, require, verify-ca and verify-full".to_owned())),
    }
}

fn decoded(text: &str) -> Result<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes().iter();
    while let Some(&byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || rest.next().and_then(|digit| char::from(*digit).to_digit(16));
        match (digit(), digit()) {
            (Some(high), Some(low)) => bytes.push((high * 16 + low) as u8),
            _ => return Err(Error::Address("sslrootcert is not percent-encoded".to_owned())),
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::Address("sslrootcert is not UTF-8".to_owned()))
}

fn server(config: &Config) -> String {
    let ports = config.get_ports();
    let hosts = config.get_hosts().iter().enumerate().map(|(index, host)| {
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(5432);
        match host {
            Host::Tcp(name) => format!("{name}:{port}"),
            #[cfg(unix)]
            Host::Unix(folder) => folder.display().to_string(),
        }
    });
    let hosts: Vec<String> = hosts.collect();
    format!("{}/{}", hosts.join(","), config.get_dbname().or(config.get_user()).unwrap_or_default())
}
