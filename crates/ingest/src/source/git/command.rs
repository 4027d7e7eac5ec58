//! The `git` command, made harmless: a clean environment, no configuration of user or system, no hooks, no helpers, no
//! questions at a terminal, only the protocols that are meant, and a limit of time.

use super::place::Place;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A fetch that takes longer is ended.
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// Of what git says in words so much is kept, in bytes.
const MAX_TOLD: u64 = 64 * 1024;

/// What git may know of its surroundings: programs, the keys of SSH, certificates, the way out.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USERPROFILE",
    "SYSTEMROOT",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "ALL_PROXY",
];

const CONFIG: &[(&str, &str)] = &[
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.askPass", ""),
    ("credential.helper", ""),
    ("protocol.allow", "never"),
    ("protocol.https.allow", "always"),
    ("protocol.ssh.allow", "always"),
    ("protocol.file.allow", "always"),
    // A redirect could lead to a place that was not declared, and take the token along.
    ("http.followRedirects", "false"),
    ("http.lowSpeedLimit", "1000"),
    ("http.lowSpeedTime", "30"),
    ("gc.autoDetach", "false"),
    ("advice.detachedHead", "false"),
];

pub(super) struct Git {
    mirror: PathBuf,
    program: PathBuf,
    /// `Authorization: …` for the repository's own host; passed in the environment, because everybody on the machine can
    /// read a command line.
    header: Option<String>,
    scope: String,
    secret: Option<String>,
}

impl Git {
    pub(super) fn new(mirror: &Path, place: &Place, token: Option<String>) -> Self {
        let user = place.user.as_deref().unwrap_or("x-access-token");
        let basic = |token: &String| format!("Authorization: Basic {}", STANDARD.encode(format!("{user}:{token}")));
        Self {
            mirror: mirror.to_owned(),
            program: PathBuf::from("git"),
            header: token.as_ref().filter(|_| place.address.starts_with("https://")).map(basic),
            scope: format!("http.{}.extraHeader", place.address),
            secret: token,
        }
    }

    #[cfg(test)]
    pub(super) fn with_program(mut self, program: &str) -> Self {
        self.program = PathBuf::from(program);
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.env_clear().envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let mut config: Vec<(&str, &str)> = CONFIG.to_vec();
        config.extend(self.header.as_deref().map(|header| (self.scope.as_str(), header)));
        command.env("GIT_CONFIG_COUNT", config.len().to_string());
        for (index, (name, value)) in config.into_iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{index}"), name).env(format!("GIT_CONFIG_VALUE_{index}"), value);
        }
        command
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_SYSTEM", "/dev/null")
            .env("GIT_ATTR_NOSYSTEM", "1")
            .env("GIT_TERMINAL_PROMPT", "0")
            .env("GIT_ALLOW_PROTOCOL", "https:ssh:file")
            .env("GIT_NO_LAZY_FETCH", "1")
            .env("GIT_NO_REPLACE_OBJECTS", "1")
            .env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15")
            .env("GIT_DIR", &self.mirror)
            .env("LC_ALL", "C")
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Starts a command whose output the caller reads.
    ///
    /// # Errors
    /// There is no git.
    pub(super) fn start(&self, arguments: &[&str], stdin: Stdio) -> Result<Child, String> {
        let child = self.command(arguments).stdin(stdin).stderr(Stdio::null()).spawn();
        child.map_err(|error| self.absent(&error))
    }

    /// Runs a command to its end and gives what it printed, which must be little.
    ///
    /// # Errors
    /// There is no git, it failed (with its own words), or it took too long.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<String, String> {
        let mut child = self.command(arguments).spawn().map_err(|error| self.absent(&error))?;
        let (stdout, stderr) = (read_apart(child.stdout.take()), read_apart(child.stderr.take()));
        let began = Instant::now();
        let status = loop {
            match child.try_wait().map_err(|error| error.to_string())? {
                Some(status) => break status,
                None if began.elapsed() > LONGEST => {
                    // It may have ended just now.
                    let _ = child.kill();
                    let _ = child.wait();
                    return Err(format!("git {} took longer than {} minutes", arguments[0], LONGEST.as_secs() / 60));
                }
                None => std::thread::sleep(Duration::from_millis(10)),
            }
        };
        let text = |words: std::thread::JoinHandle<String>| words.join().unwrap_or_default();
        let (printed, told) = (text(stdout), text(stderr));
        if status.success() { Ok(printed) } else { Err(self.told(arguments[0], &told)) }
    }

    fn absent(&self, error: &std::io::Error) -> String {
        match error.kind() {
            ErrorKind::NotFound => {
                "the command `git` is not installed here; install it, or make it found by PATH".to_owned()
            }
            _ => format!("the command `git` cannot be started: {error}"),
        }
    }

    /// The last lines of what git said, which name the cause. Its words come from the other side too, and are cleaned.
    fn told(&self, command: &str, words: &str) -> String {
        let lines: Vec<&str> = words.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let last = lines[lines.len().saturating_sub(3)..].join("; ");
        let clean: String = last.chars().map(|c| if c.is_control() { ' ' } else { c }).take(500).collect();
        let clean = self.secret.as_ref().map_or_else(|| clean.clone(), |secret| clean.replace(secret, "***"));
        format!("git {command} failed: {}", if clean.is_empty() { "it did not say why" } else { &clean })
    }
}

/// Reads on a thread of its own, so that neither pipe fills while the other is waited for.
fn read_apart(from: Option<impl Read + Send + 'static>) -> std::thread::JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut from) = from {
            // What cannot be read is not told; the rest is read to its end, so that git does not wait.
            let _ = from.by_ref().take(MAX_TOLD).read_to_end(&mut bytes);
            let _ = std::io::copy(&mut from, &mut std::io::sink());
        }
        String::from_utf8_lossy(&bytes).into_owned()
    })
}
