//! One message as a mail reader would show it, taken out of its parts.

use mail_parser::{Address, Message, MessageParser, MessagePart, MimeHeaders, PartType};
use serde_json::{Map, Value};

/// Forwarded mails within forwarded mails; deeper ones are named and not read.
const MAX_DEPTH: usize = 4;

pub(super) struct Letter {
    pub(super) subject: Option<String>,
    pub(super) fields: Map<String, Value>,
    pub(super) body: Vec<Body>,
    pub(super) attached: Vec<(Option<String>, Attached)>,
}

pub(super) enum Body {
    Text(String),
    Html(String),
}

pub(super) enum Attached {
    File { media: String, bytes: Vec<u8> },
    Letter(Box<Letter>),
    TooDeep,
}

impl Letter {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, String> {
        let message = MessageParser::default().parse(bytes);
        let letter = message.map(|message| Self::of(&message, 0));
        let letter = letter.filter(|letter| letter.subject.is_some() || !letter.fields.is_empty());
        letter.ok_or_else(|| "it is not an e-mail: it has neither a sender, a subject nor a date".to_owned())
    }

    fn of(message: &Message<'_>, depth: usize) -> Self {
        let mut text: Vec<Body> = message.text_bodies().filter_map(body).collect();
        let mut attachments: Vec<&MessagePart<'_>> = message.attachments().collect();
        if text.is_empty() {
            // A mail that was cut off before its last boundary: the reader takes its words for a file without a name.
            let words = |part: &mut &MessagePart<'_>| part.attachment_name().is_none() && body(part).is_some();
            text = attachments.extract_if(.., words).filter_map(body).collect();
        }
        let attached =
            attachments.into_iter().map(|part| (part.attachment_name().map(str::to_owned), attached(part, depth)));
        Self {
            subject: message.subject().map(str::to_owned),
            fields: fields(message),
            body: text,
            attached: attached.collect(),
        }
    }
}

fn fields(message: &Message<'_>) -> Map<String, Value> {
    let people = [("from", message.from()), ("to", message.to()), ("cc", message.cc())];
    let mut fields = Map::new();
    for (name, addresses) in people {
        let all: Vec<String> = addresses.map(people_of).unwrap_or_default();
        match all.as_slice() {
            [] => {}
            [one] if name == "from" => {
                fields.insert(name.to_owned(), Value::from(one.as_str()));
            }
            all => {
                fields.insert(name.to_owned(), Value::from(all));
            }
        }
    }
    // A date that cannot be is worse than none: it would be filtered by.
    if let Some(date) = message.date().filter(|date| date.is_valid()) {
        fields.insert("date".to_owned(), Value::from(date.to_rfc3339()));
    }
    if let Some(id) = message.message_id() {
        fields.insert("message_id".to_owned(), Value::from(id));
    }
    fields
}

/// `Name <address>` of each.
fn people_of(addresses: &Address<'_>) -> Vec<String> {
    let one = |name: Option<&str>, address: Option<&str>| match (name, address) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (one, other) => one.or(other).unwrap_or_default().to_owned(),
    };
    addresses.iter().map(|person| one(person.name(), person.address())).filter(|person| !person.is_empty()).collect()
}

fn body(part: &MessagePart<'_>) -> Option<Body> {
    match &part.body {
        PartType::Text(words) => Some(Body::Text(words.clone().into_owned())),
        PartType::Html(html) => Some(Body::Html(html.clone().into_owned())),
        _ => None,
    }
}

fn attached(part: &MessagePart<'_>, depth: usize) -> Attached {
    match part.message() {
        Some(_) if depth >= MAX_DEPTH => Attached::TooDeep,
        Some(message) => Attached::Letter(Box::new(Letter::of(message, depth + 1))),
        None => {
            let media = part.content_type().map(|media| match media.subtype() {
                Some(subtype) => format!("{}/{subtype}", media.ctype()),
                None => media.ctype().to_owned(),
            });
            Attached::File { media: media.unwrap_or_default(), bytes: part.contents().to_vec() }
        }
    }
}
