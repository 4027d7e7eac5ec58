//! A client that shows what came over the wire: status, headers, bytes.

use serde_json::Value;
use std::time::Duration;

/// A whole answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// False when the connection ended before the body did.
    pub complete: bool,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// All of them, names in small letters, in the order in which they came.
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in the answer {:?}", self.text()))
    }

    /// The JSON of each `data:` frame but `[DONE]`.
    pub fn frames(&self) -> Vec<Value> {
        let text = self.text();
        let data = text.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
        data.map(|data| serde_json::from_str(data).unwrap_or_else(|error| panic!("{error} in {data}"))).collect()
    }

    /// True when the stream ended as a good one does.
    pub fn done(&self) -> bool {
        self.text().trim_end().ends_with("data: [DONE]")
    }

    /// The text of a streamed answer, its pieces joined.
    pub fn streamed_text(&self) -> String {
        let frames = self.frames();
        frames.iter().filter_map(|frame| frame["choices"][0]["delta"]["content"].as_str()).collect()
    }

    /// `error.code` of an error body.
    pub fn error_code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap_or_default().to_owned()
    }
}

/// A client of one server.
pub struct Client {
    base: String,
    key: Option<String>,
    runtime: tokio::runtime::Runtime,
    client: reqwest::Client,
}

impl Client {
    pub fn new(base: &str) -> Self {
        // Fails only when it was installed before, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a client runtime");
        let client = reqwest::Client::builder()
            .no_proxy()
            // Reading the machine's certificates takes longer than most tests, and none of them speaks TLS.
            .tls_certs_only([])
            .pool_max_idle_per_host(0)
            .timeout(Duration::from_secs(60))
            .build()
            .expect("an HTTP client");
        Self { base: base.to_owned(), key: None, runtime, client }
    }

    /// The same client with an API key.
    pub fn with_key(base: &str, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..Self::new(base) }
    }

    pub fn get(&self, path: &str) -> Reply {
        self.send(self.client.get(self.url(path)))
    }

    pub fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_raw(path, &[("content-type", "application/json")], body.to_string().into_bytes())
    }

    pub fn post_raw(&self, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Reply {
        let request = headers
            .iter()
            .fold(self.client.post(self.url(path)), |request, (name, value)| request.header(*name, *value));
        self.send(request.body(body))
    }

    /// Asks, and goes away after `pieces` pieces of the body have come (0: without waiting for the head).
    pub fn post_and_leave(&self, path: &str, body: &Value, pieces: usize, patience: Duration) {
        let request = self.client.post(self.url(path)).header("content-type", "application/json");
        let request = self.authorized(request).body(body.to_string());
        self.runtime.block_on(async {
            let leave = async {
                let mut response = request.send().await.expect("an answer to leave");
                for _ in 0..pieces {
                    let _ = response.chunk().await;
                }
            };
            let _ = tokio::time::timeout(patience, leave).await;
        });
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        match &self.key {
            Some(key) => request.header("authorization", format!("Bearer {key}")),
            None => request,
        }
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Reply {
        self.try_send(request).unwrap_or_else(|error| panic!("no answer from {}: {error:?}", self.base))
    }

    /// As `post`, for servers that may die under it.
    pub fn try_post(&self, path: &str, body: &Value) -> Option<Reply> {
        let request = self.client.post(self.url(path)).header("content-type", "application/json");
        self.try_send(request.body(body.to_string())).ok().filter(|reply| reply.complete)
    }

    fn try_send(&self, request: reqwest::RequestBuilder) -> Result<Reply, reqwest::Error> {
        let request = self.authorized(request);
        self.runtime.block_on(async {
            let mut response = request.send().await?;
            let header = |(name, value): (&reqwest::header::HeaderName, &reqwest::header::HeaderValue)| {
                (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            };
            let headers = response.headers().iter().map(header).collect();
            let status = response.status().as_u16();
            let mut body = Vec::new();
            let complete = loop {
                match response.chunk().await {
                    Ok(Some(bytes)) => body.extend_from_slice(&bytes),
                    Ok(None) => break true,
                    Err(_) => break false,
                }
            };
            Ok(Reply { status, headers, body, complete })
        })
    }
}
