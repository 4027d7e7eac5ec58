//! `POST /v1/responses`: OpenAI's responses on the path of every request.

use super::chat::answer;
use crate::app::App;
use crate::responses::Responses;
use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use std::sync::Arc;

pub(crate) async fn create(State(app): State<Arc<App>>, headers: HeaderMap, body: Body) -> Response {
    answer(&app, &headers, body, &Responses).await
}
