//! Questions to the brokers. Each is answered within a bounded time or fails the run: the client itself would ask for
//! ever.

use crate::error::{Error, Result};
use rskafka::BackoffConfig;
use rskafka::client::error::{Error as ClientError, ProtocolError};
use rskafka::client::partition::{OffsetAt, PartitionClient, UnknownTopicHandling};
use rskafka::client::{Client, ClientBuilder, Credentials, SaslConfig};
use rskafka::record::Record;
use rustls::ClientConfig;
use rustls_platform_verifier::BuilderVerifierExt;
use std::collections::BTreeSet;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};
use usecase::declared::{KafkaSasl, KafkaSource, SaslMechanism};

/// How long one question may take, with all its repetitions.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// How long a broker waits for messages that it does not have yet.
const WAIT: Duration = Duration::from_millis(500);

/// A batch of messages; a larger single one still comes.
const FETCH_BYTES: i32 = 4 * 1024 * 1024;

/// No answer of a broker may be larger: what it sends is held in memory.
const LARGEST_ANSWER: usize = 64 * 1024 * 1024;

/// A topic that is there.
pub(super) struct Topic {
    client: Client,
    name: String,
    partitions: BTreeSet<i32>,
    patience: Duration,
}

impl Topic {
    /// # Errors
    /// No broker answers, the credentials are wrong, or the topic is not there (it is never made by asking for it).
    pub(super) async fn find(declared: &KafkaSource, patience: Duration) -> Result<Self> {
        let place = format!("Kafka at {}", declared.brokers.join(", "));
        let fail = |reason: String| Error::Source { place: place.clone(), reason };
        let mut builder = ClientBuilder::new(declared.brokers.clone())
            .client_id("shipway")
            .max_message_size(LARGEST_ANSWER)
            .backoff_config(backoff(patience));
        if declared.tls {
            builder = builder.tls_config(tls().map_err(fail)?);
        }
        if let Some(sasl) = &declared.sasl {
            builder = builder.sasl_config(credentials(sasl)?);
        }
        let client = within(patience, builder.build()).await.map_err(|trouble| fail(trouble.reason()))?;
        let topics = within(patience, client.list_topics()).await.map_err(|trouble| fail(trouble.reason()))?;
        let name = declared.topic.clone();
        match topics.into_iter().find(|topic| topic.name == name) {
            Some(topic) => Ok(Self { client, name, partitions: topic.partitions, patience }),
            None => Err(fail(format!("there is no topic `{name}`, or the account may not see it"))),
        }
    }

    pub(super) fn partitions(&self) -> impl Iterator<Item = i32> {
        self.partitions.iter().copied()
    }

    pub(super) async fn partition(&self, number: i32) -> Result<Partition> {
        let place = format!("partition {number} of the topic {}", self.name);
        let client = self.client.partition_client(self.name.clone(), number, UnknownTopicHandling::Error);
        match within(self.patience, client).await {
            Ok(client) => Ok(Partition { client, place, patience: self.patience }),
            Err(trouble) => Err(Error::Source { place, reason: trouble.reason() }),
        }
    }
}

/// One partition, read from the broker that leads it.
pub(super) struct Partition {
    client: PartitionClient,
    place: String,
    patience: Duration,
}

/// The offset is not there any more.
pub(super) struct Lost;

impl Partition {
    pub(super) fn number(&self) -> i32 {
        self.client.partition()
    }

    /// The first offset that is still kept.
    pub(super) async fn earliest(&self) -> Result<i64> {
        let answer = within(self.patience, self.client.get_offset(OffsetAt::Earliest)).await;
        answer.map_err(|trouble| self.failed(&trouble))
    }

    /// The offset after the last message that is settled: replicated, and its transaction, if any, ended.
    pub(super) async fn end(&self) -> Result<i64> {
        let answer = within(self.patience, self.client.get_offset(OffsetAt::Latest)).await;
        answer.map_err(|trouble| self.failed(&trouble))
    }

    /// The next messages from this offset on, which must lie before the end. Empty when the broker has something there
    /// that is no message.
    pub(super) async fn fetch(&self, offset: i64) -> Result<std::result::Result<Vec<(i64, Record)>, Lost>> {
        let wait = i32::try_from(WAIT.as_millis()).unwrap_or(i32::MAX);
        let begun = Instant::now();
        while begun.elapsed() < self.patience {
            let asked = Instant::now();
            match within(self.patience, self.client.fetch_records(offset, 1..FETCH_BYTES, wait)).await {
                // A broker that has bytes for us gives them at once: an answer that came at once and holds no message
                // held marks or remains. One that took its time had nothing, which before the end cannot last.
                Ok((records, _)) if records.is_empty() && asked.elapsed() >= WAIT => {}
                Ok((mut records, _)) => {
                    records.sort_by_key(|record| record.offset);
                    return Ok(Ok(records.into_iter().map(|found| (found.offset, found.record)).collect()));
                }
                Err(Trouble::Told(error)) if is_out_of_range(&error) => return Ok(Err(Lost)),
                Err(trouble) => return Err(self.failed(&trouble)),
            }
        }
        let reason = format!("its broker gives nothing from offset {offset} on, though it says that there is more");
        Err(Error::Source { place: self.place.clone(), reason })
    }

    fn failed(&self, trouble: &Trouble) -> Error {
        Error::Source { place: self.place.clone(), reason: trouble.reason() }
    }
}

fn is_out_of_range(error: &ClientError) -> bool {
    matches!(error, ClientError::ServerError { protocol_error: ProtocolError::OffsetOutOfRange, .. })
}

/// Why there is no answer.
enum Trouble {
    Told(ClientError),
    Silent(Duration),
}

impl Trouble {
    fn reason(&self) -> String {
        let told = match self {
            Self::Silent(patience) => return format!("no broker answered within {} s", patience.as_secs_f64()),
            Self::Told(error) => error.to_string(),
        };
        match told.split_once("Unimplemented compression: ") {
            Some((_, kind)) => format!(
                "messages are compressed in a way that cannot be read here ({kind}); let producers use gzip, snappy or none"
            ),
            None => told,
        }
    }
}

async fn within<T>(
    patience: Duration,
    question: impl Future<Output = rskafka::client::error::Result<T>>,
) -> std::result::Result<T, Trouble> {
    match tokio::time::timeout(patience, question).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(error)) => Err(Trouble::Told(error)),
        Err(_) => Err(Trouble::Silent(patience)),
    }
}

/// Gives up shortly before we would, and then tells why.
fn backoff(patience: Duration) -> BackoffConfig {
    BackoffConfig {
        init_backoff: Duration::from_millis(100),
        max_backoff: Duration::from_secs(2),
        base: 3.0,
        deadline: Some(patience.mul_f64(0.6)),
    }
}

fn credentials(sasl: &KafkaSasl) -> Result<SaslConfig> {
    let password = sasl.password.resolve();
    let password = password.ok_or_else(|| Error::MissingSecret { reference: sasl.password.to_string() })?;
    let credentials = Credentials::new(sasl.user.clone(), password);
    Ok(match sasl.mechanism {
        SaslMechanism::Plain => SaslConfig::Plain(credentials),
        SaslMechanism::ScramSha256 => SaslConfig::ScramSha256(credentials),
        SaslMechanism::ScramSha512 => SaslConfig::ScramSha512(credentials),
    })
}

/// With the machine's own certificates.
fn tls() -> std::result::Result<Arc<ClientConfig>, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|error| error.to_string())?;
    let builder = builder.with_platform_verifier();
    let builder = builder.map_err(|error| format!("the machine's certificates cannot be used: {error}"))?;
    Ok(Arc::new(builder.with_no_client_auth()))
}
