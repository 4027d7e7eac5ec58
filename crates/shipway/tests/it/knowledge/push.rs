//! Documents that are pushed, signed, to the server: found by the next question, once each, and by nobody else's hand.

use super::home::{Home, answer};
use base64::Engine;
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::time::{SystemTime, UNIX_EPOCH};
use testkit::{Client, Reply};

const SECRET: &str = "a-secret-of-some-length";

struct Message<'a> {
    id: &'a str,
    secret: &'a str,
    /// Seconds before now.
    age: u64,
    body: Value,
}

impl<'a> Message<'a> {
    fn new(id: &'a str, body: Value) -> Self {
        Self { id, secret: SECRET, age: 0, body }
    }

    fn send(&self, client: &Client) -> Reply {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let (time, body) = ((now - self.age).to_string(), self.body.to_string());
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).expect("any key will do");
        mac.update(format!("{}.{time}.{body}", self.id).as_bytes());
        let tag = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let signature = format!("v1,{tag}");
        let headers = [("webhook-id", self.id), ("webhook-timestamp", &time), ("webhook-signature", &signature)];
        client.post_raw("/v1/feeds/shop/pages", &headers, body.into_bytes())
    }
}

pub(super) fn what_is_pushed_is_found_by_the_next_question(home: &Home) {
    let project = home.shop("webhook = { secret = \"file:push-secret\" }").file("push-secret", SECRET);
    let server = project.serve();
    let client = server.client();
    let asked = "For how many years are gift cards valid?";
    let cards = |years: &str| json!({ "id": "gift-cards", "title": "Cards", "text": format!("Gift cards are valid for {years} years.") });
    let sent = |message: &Message<'_>, status: u16| {
        let reply = message.send(&client);
        assert_eq!(reply.status, status, "{}", reply.text());
        reply.json()
    };
    let first = Message::new("msg_1", cards("three"));
    assert_eq!(sent(&first, 200)["added"], 1);
    assert!(answer(&client, asked).contains("three years"));

    // What is refused changes nothing.
    sent(&first, 409);
    sent(&Message { secret: "another-secret", ..Message::new("msg_2", cards("ten")) }, 401);
    sent(&Message { age: 3_600, ..Message::new("msg_3", cards("ten")) }, 401);
    sent(&Message::new("msg_4", json!("no document")), 400);
    let unsigned = client.post("/v1/feeds/shop/pages", &cards("ten"));
    assert_eq!(unsigned.status, 400, "{}", unsigned.text());
    assert_eq!(client.post("/v1/feeds/shop/others", &cards("ten")).status, 404);
    assert!(answer(&client, asked).contains("three years"));

    assert_eq!(sent(&Message::new("msg_5", cards("five")), 200)["changed"], 1);
    assert!(answer(&client, asked).contains("five years"));
    // A push says who may see it, too.
    let mut closed = cards("seven");
    closed["groups"] = json!(["staff"]);
    sent(&Message::new("msg_6", closed), 200);
    assert!(!answer(&client, asked).contains("years"), "a push took a right away");
    let changes =
        json!({ "upsert": [{ "id": "shelves", "text": "Shelves carry sixty kilograms." }], "delete": ["gift-cards"] });
    let report = sent(&Message::new("msg_7", changes), 200);
    assert_eq!((&report["added"], &report["deleted"]), (&json!(1), &json!(1)), "{report}");
    assert!(answer(&client, "What do shelves carry?").contains("sixty"));
    assert!(!answer(&client, asked).contains("years"));
}
