//! Messages of a Kafka topic, each a document in JSON under its key; one without a value (a tombstone) deletes it.
//!
//! Every partition is read from the offset where the last good run left off to where the partition ended when this run
//! began. The offsets are the feed's cursor, kept in the transaction that makes the run's version visible, and no consumer
//! group is asked: a run that dies is repeated from the same offsets and gives the same documents. So each message counts
//! once. A key has one partition, so its messages come in their order; the last one of a run counts.

mod broker;
mod message;

use super::object::Keys;
use super::{Since, Source, Taker, Walked};
use crate::error::{Error, Result};
use broker::{Lost, PATIENCE, Partition, Topic};
use message::Message;
use serde_json::{Map, Value, json};
use std::time::Duration;
use tokio::runtime::Builder;
use usecase::declared::KafkaSource;

pub(crate) struct KafkaTopic {
    declared: KafkaSource,
    keys: Keys,
    patience: Duration,
}

impl KafkaTopic {
    pub(crate) fn new(declared: &KafkaSource) -> Self {
        let keys = Keys {
            id: declared.id.clone(),
            text: declared.text.clone(),
            title: declared.title.clone(),
            deleted: declared.deleted.clone(),
        };
        Self { declared: declared.clone(), keys, patience: PATIENCE }
    }

    async fn read(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let topic = Topic::find(&self.declared, self.patience).await?;
        let mut run =
            Run { keys: &self.keys, topic: &topic, taker, left: self.declared.max_messages, warnings: vec![] };
        let remembered = since.cursor.and_then(|cursor| cursor.get("offsets"));
        let (mut spans, mut waiting) = (Vec::new(), 0_usize);
        for number in topic.partitions() {
            let from = remembered.and_then(|offsets| offsets.get(number.to_string())).and_then(Value::as_i64);
            let span = run.span(number, from).await?;
            waiting += span.waiting();
            spans.push(span);
        }
        run.taker.expect(waiting.min(run.left));
        let (mut offsets, mut more) = (Map::new(), false);
        let partitions = spans.len();
        for (index, span) in spans.into_iter().enumerate() {
            // A partition that always has more must not keep the others waiting.
            let share = run.left.div_ceil(partitions - index);
            let next = run.take_span(&span, share).await?;
            more |= next < span.end;
            offsets.insert(span.partition.number().to_string(), next.into());
        }
        let warnings = run.warnings;
        Ok(Walked { whole: false, cursor: Some(json!({ "offsets": offsets })), warnings, more })
    }
}

impl Source for KafkaTopic {
    fn walk(&self, since: &Since<'_>, taker: &mut dyn Taker) -> Result<Walked> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|cause| Error::Source { place: "the network".to_owned(), reason: cause.to_string() })?;
        runtime.block_on(self.read(since, taker))
    }
}

/// What there is to read of a partition.
struct Span {
    partition: Partition,
    start: i64,
    end: i64,
}

impl Span {
    fn waiting(&self) -> usize {
        usize::try_from(self.end - self.start).unwrap_or(0)
    }
}

/// One run, while it goes.
struct Run<'a> {
    keys: &'a Keys,
    topic: &'a Topic,
    taker: &'a mut dyn Taker,
    /// How many messages may still come.
    left: usize,
    warnings: Vec<String>,
}

impl Run<'_> {
    /// Opens a partition and finds what is left of it from this offset on; all of it when it is new.
    async fn span(&mut self, number: i32, from: Option<i64>) -> Result<Span> {
        let partition = self.topic.partition(number).await?;
        let (earliest, end) = (partition.earliest().await?, partition.end().await?);
        let start = match from {
            None => earliest,
            Some(from) if from > end => {
                self.warn_of_anew(number, from, end);
                earliest
            }
            Some(from) => {
                self.warn_of_lost(number, from, earliest);
                from.max(earliest)
            }
        };
        Ok(Span { partition, start: start.min(end), end })
    }

    fn warn_of_anew(&mut self, number: i32, from: i64, end: i64) {
        self.warnings.push(format!(
            "partition {number} ends at offset {end}, before offset {from}, where the last run left off: the topic was made \
             anew, and is read from its beginning"
        ));
    }

    fn warn_of_lost(&mut self, number: i32, from: i64, earliest: i64) {
        if earliest > from {
            self.warnings.push(format!(
                "{} messages of partition {number} (offsets {from} to {}) were removed by the topic's retention before they \
                 were read; run the feed more often, or keep messages longer",
                earliest - from,
                earliest - 1
            ));
        }
    }

    /// Reads a span, at most `most` messages of it, and gives the next offset.
    async fn take_span(&mut self, span: &Span, most: usize) -> Result<i64> {
        let (mut next, mut allowed) = (span.start, most.min(self.left));
        while next < span.end && allowed > 0 {
            let batch = match span.partition.fetch(next).await? {
                Ok(batch) => batch,
                // Retention has passed over us between two questions.
                Err(Lost) => {
                    let earliest = span.partition.earliest().await?;
                    self.warn_of_lost(span.partition.number(), next, earliest);
                    // One step at least, so that a broker that contradicts itself is not asked for ever.
                    next = earliest.max(next + 1).min(span.end);
                    continue;
                }
            };
            // An answer without messages (marks of transactions, a gap of compaction) is passed over.
            let passed = batch.is_empty().then_some(next + 1);
            for (offset, record) in batch {
                if offset >= span.end {
                    // What came after this run began; all before it is read, or was compacted away.
                    next = span.end;
                    break;
                }
                if allowed == 0 {
                    break;
                }
                let message = Message { partition: span.partition.number(), offset, record };
                self.taker.take(message.into_item(self.keys))?;
                (self.left, allowed) = (self.left - 1, allowed - 1);
                next = offset + 1;
            }
            next = passed.unwrap_or(next);
        }
        Ok(next)
    }
}

#[cfg(test)]
mod tests;
