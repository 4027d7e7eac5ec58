//! Feeds from databases, buckets and topics.

use super::{Judgement, relative_path, written};
use crate::declared::{DatabaseRef, FeedSource, KafkaSource, S3Source, SaslMechanism, SqlSource};

impl Judgement<'_> {
    /// `pointer` is the feed's. Sources of other kinds are passed over.
    pub(super) fn store_source(&mut self, pointer: &str, source: FeedSource<'_>) {
        let pointer = format!("{pointer}/{}", source.kind());
        match source {
            FeedSource::Sql(sql) => self.sql_source(&pointer, sql),
            FeedSource::S3(s3) => self.s3_source(&pointer, s3),
            FeedSource::Kafka(kafka) => self.kafka_source(&pointer, kafka),
            _ => {}
        }
    }

    fn sql_source(&mut self, pointer: &str, sql: &SqlSource) {
        if let DatabaseRef::Sqlite(file) = &sql.url
            && let Err(message) = relative_path(file)
        {
            let wrong = self.source.at_value(&format!("{pointer}/url"), message);
            self.found.push(wrong.expected("a file inside the use case's folder, like \"sqlite:data/handbook.db\""));
        }
        self.query(&format!("{pointer}/query"), sql);
        if sql.cursor.is_some() && sql.cursor_start.is_none() {
            let message = "nobody says where the first run begins";
            let wrong = self.source.at_key(&format!("{pointer}/cursor"), message);
            self.found.push(wrong.help("add `cursor_start`, a value before all others, like \"1970-01-01\" or \"0\""));
        }
        if sql.cursor.is_none() && sql.cursor_start.is_some() {
            let message = "a start without a `cursor` column";
            let wrong = self.source.at_key(&format!("{pointer}/cursor_start"), message);
            self.found.push(wrong.help("name the column that grows with every change as `cursor`"));
        }
        let names = [("id", Some(&sql.id)), ("text", Some(&sql.text)), ("title", Some(&sql.title))];
        let names = names.into_iter().chain([("cursor", sql.cursor.as_ref()), ("deleted", sql.deleted.as_ref())]);
        self.named(pointer, names, "the name of a column");
    }

    fn query(&mut self, pointer: &str, sql: &SqlSource) {
        let query = sql.query.trim().trim_end_matches(';').trim_end();
        let first = query.trim_start_matches('(').split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
        // A comment may come first; the database judges what follows it.
        let reads = ["select", "with", "values"].iter().any(|word| first.eq_ignore_ascii_case(word));
        if !reads && !query.starts_with("--") && !query.starts_with("/*") {
            let wrong = self.source.at_value(pointer, "a feed only reads, and this is no query");
            self.found.push(wrong.expected("one SELECT that gives a row for each document"));
        }
        let asks = ["$1", "?1", ":1"].iter().any(|parameter| query.contains(parameter));
        if sql.cursor.is_some() && !asks {
            let wrong = self.source.at_value(pointer, "every run would read all rows: the query does not use `$1`");
            let help = "ask for what changed, like `where updated >= $1`; or leave `cursor` out, and what is missing is deleted";
            self.found.push(wrong.help(help));
        }
        if sql.cursor.is_none() && query.contains("$1") {
            let wrong = self.source.at_value(pointer, "nobody says what `$1` is");
            self.found.push(wrong.help("name the column that grows with every change as `cursor`"));
        }
    }

    fn s3_source(&mut self, pointer: &str, s3: &S3Source) {
        let bucket = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !(3..=255).contains(&s3.bucket.len()) || !s3.bucket.chars().all(bucket) {
            let wrong = self.source.at_value(&format!("{pointer}/bucket"), "no bucket can be called so");
            self.found.push(wrong.expected("the bare name of a bucket, like \"handbooks\""));
        }
        let region = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if s3.region.is_empty() || !s3.region.chars().all(region) {
            let wrong = self.source.at_value(&format!("{pointer}/region"), "no region is called so");
            self.found.push(
                wrong.expected("a region like \"eu-central-1\"; servers other than AWS often take \"us-east-1\""),
            );
        }
        if s3.prefix.starts_with('/') {
            let wrong = self.source.at_value(&format!("{pointer}/prefix"), "keys hardly ever begin with a slash");
            self.found.push(wrong.expected("the beginning of a key, like \"handbook/\""));
        }
        if let Err(message) = written::glob(&s3.files) {
            let wrong = self.source.at_value(&format!("{pointer}/files"), message);
            self.found.push(wrong.expected("a pattern for keys, like \"handbook/**/*.md\""));
        }
        let Some(endpoint) = &s3.endpoint else { return };
        let at = format!("{pointer}/endpoint");
        if !written::is_web_address(endpoint) {
            let wrong = self.source.at_value(&at, "this is not a web address");
            self.found.push(wrong.expected("the server's address, like \"https://minio.example:9000\""));
        } else if written::has_credentials(endpoint) {
            let wrong = self.source.at_value(&at, "a name and password do not belong into an address");
            self.found.push(wrong.help("give the keys by reference under `aws`"));
        }
    }

    fn kafka_source(&mut self, pointer: &str, kafka: &KafkaSource) {
        if kafka.brokers.is_empty() {
            let wrong = self.source.at_value(&format!("{pointer}/brokers"), "there is no broker to ask");
            self.found.push(wrong.expected("at least one \"host:port\""));
        }
        for (index, broker) in kafka.brokers.iter().enumerate() {
            let port =
                broker.rsplit_once(':').filter(|(host, _)| written_host(host)).map(|(_, port)| port.parse::<u16>());
            if !matches!(port, Some(Ok(1..))) {
                let wrong = self.source.at_value(&format!("{pointer}/brokers/{index}"), "this names no broker");
                self.found.push(wrong.expected("\"host:port\", like \"kafka.example:9092\""));
            }
        }
        let topic = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
        if !(1..=249).contains(&kafka.topic.len()) || !kafka.topic.chars().all(topic) {
            let wrong = self.source.at_value(&format!("{pointer}/topic"), "no topic can be called so");
            self.found.push(wrong.expected("letters, digits, `.`, `_` and `-`, at most 249"));
        }
        let plain = kafka.sasl.as_ref().is_some_and(|sasl| sasl.mechanism == SaslMechanism::Plain);
        if plain && !kafka.tls {
            let message = "the password would be sent for everyone on the way to read";
            let wrong = self.source.at_key(&format!("{pointer}/sasl"), message);
            self.found.push(wrong.help("set `tls = true`, or a `mechanism` of SCRAM"));
        }
        let names = [("id", Some(&kafka.id)), ("text", Some(&kafka.text)), ("title", Some(&kafka.title))];
        self.named(pointer, names.into_iter().chain([("deleted", kafka.deleted.as_ref())]), "the key of a document");
    }

    fn named<'n>(
        &mut self,
        pointer: &str,
        names: impl Iterator<Item = (&'static str, Option<&'n String>)>,
        expected: &str,
    ) {
        for (key, name) in names {
            if name.is_some_and(|name| name.trim().is_empty()) {
                let wrong = self.source.at_value(&format!("{pointer}/{key}"), "this names nothing");
                self.found.push(wrong.expected(expected));
            }
        }
    }
}

fn written_host(host: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':' | '[' | ']');
    !host.is_empty() && host.chars().all(allowed)
}
