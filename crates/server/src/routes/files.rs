//! `/v1/files`: what an app uploads for its batches, and what comes of them. A file is received as it comes, straight into
//! its encryption; memory never holds more than a piece.

use super::{Name, beside};
use crate::app::App;
use crate::problem::Problem;
use axum::Json;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use batches::{Batches, FileInfo, NewFile, Page, Upload};
use multer::{Constraints, Field, Multipart, SizeLimit};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use usecase::Principal;

/// How long a caller may be silent in the middle of an upload, and how long the whole of it may take.
const SILENCE: Duration = Duration::from_secs(30);
const WHOLE_UPLOAD: Duration = Duration::from_secs(1_800);

/// What is gathered before it goes to the disk, in bytes.
const PIECE_BYTES: usize = 256 * 1024;

/// The longest of the form's other fields, and what all of them with their borders may take, in bytes.
const FIELD_BYTES: u64 = 1_024;
const FORM_BYTES: u64 = 64 * 1_024;

/// The most fields that a form may have: four mean something.
const FIELDS: usize = 16;

/// What a list may be asked for.
#[derive(Deserialize)]
pub(crate) struct Asked {
    after: Option<String>,
    limit: Option<u32>,
    order: Option<String>,
    purpose: Option<String>,
}

impl Asked {
    /// The page that was asked for.
    pub(crate) fn page(asked: Result<Query<Self>, QueryRejection>, default: u32) -> Result<Page, Problem> {
        let Query(asked) = asked.map_err(|error| Problem::bad_request(error.body_text()))?;
        let ascending = match asked.order.as_deref() {
            None | Some("desc") => false,
            Some("asc") => true,
            Some(_) => return Err(Problem::bad_parameter("order", "`order` must be `asc` or `desc`")),
        };
        let limit = Some(asked.limit.unwrap_or(default));
        Ok(Page { after: asked.after, limit, ascending, purpose: asked.purpose })
    }
}

pub(crate) async fn upload(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let boundary = multer::parse_boundary(kind).map_err(|_| {
        let message = "a file is uploaded as `multipart/form-data` with the fields `file` and `purpose`";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "invalid_request_error", "wrong_content_type", message)
    })?;
    let batches = app.parts.batches.clone();
    let most = batches.limits().file_bytes;
    let limit = SizeLimit::new().whole_stream(most.saturating_add(FORM_BYTES)).per_field(FIELD_BYTES);
    let limit = limit.for_field("file", most);
    let form = Multipart::with_constraints(body.into_data_stream(), boundary, Constraints::new().size_limit(limit));

    let (room, owner) = (batches.clone(), principal.clone());
    let upload = beside(move || room.upload(&owner)).await?;
    let received = tokio::time::timeout(WHOLE_UPLOAD, receive(form, upload, most)).await;
    let (upload, new) = received.map_err(|_| Problem::body_too_slow(WHOLE_UPLOAD))??;
    let kept = beside(move || batches.keep(upload, &principal, &new)).await?;
    Ok(Json(shown(&kept)))
}

async fn receive(mut form: Multipart<'_>, mut upload: Upload, most: u64) -> Result<(Upload, NewFile), Problem> {
    let mut new = NewFile::default();
    let mut received = false;
    let mut fields = 0;
    while let Some(field) = timely(form.next_field(), most).await? {
        fields += 1;
        if fields > FIELDS {
            return Err(Problem::bad_request(format!("the form has more than {FIELDS} fields")));
        }
        let name = field.name().unwrap_or_default().to_owned();
        match name.as_str() {
            "file" if received => {
                return Err(Problem::bad_parameter("file", "only one `file` can be uploaded at a time"));
            }
            "file" => {
                received = true;
                new.name = field.file_name().unwrap_or("upload.jsonl").to_owned();
                upload = receive_content(field, upload, most).await?;
            }
            "purpose" => new.purpose = timely(field.text(), most).await?,
            "expires_after[seconds]" => {
                let text = timely(field.text(), most).await?;
                let seconds = text.parse().map_err(|_| {
                    Problem::bad_parameter("expires_after", "`expires_after[seconds]` must be a number of seconds")
                })?;
                new.expires_after = Some(seconds);
            }
            "expires_after[anchor]" => {
                if timely(field.text(), most).await? != "created_at" {
                    let message = "`expires_after[anchor]` must be `created_at`";
                    return Err(Problem::bad_parameter("expires_after", message));
                }
            }
            // Read, so that its limit holds: one that is skipped could be as long as a file.
            _ => drop(timely(field.bytes(), most).await?),
        }
    }
    match received {
        true => Ok((upload, new)),
        false => Err(Problem::bad_parameter("file", "the form has no field `file`")),
    }
}

async fn receive_content(mut field: Field<'_>, mut upload: Upload, most: u64) -> Result<Upload, Problem> {
    let mut piece = Vec::with_capacity(PIECE_BYTES);
    loop {
        let more = timely(field.chunk(), most).await?;
        piece.extend_from_slice(more.as_deref().unwrap_or_default());
        if piece.len() >= PIECE_BYTES || more.is_none() {
            let full = std::mem::take(&mut piece);
            let written = beside(move || upload.write(&full).map(|()| upload));
            upload = written.await?;
        }
        if more.is_none() {
            return Ok(upload);
        }
    }
}

/// The next part of the form, if it comes in time and within its limits.
async fn timely<T>(part: impl Future<Output = multer::Result<T>>, most: u64) -> Result<T, Problem> {
    let part = tokio::time::timeout(SILENCE, part).await.map_err(|_| Problem::body_too_slow(SILENCE))?;
    part.map_err(|error| match error {
        multer::Error::FieldSizeExceeded { field_name: Some(name), .. } if name != "file" => {
            Problem::bad_parameter(&name, &format!("`{name}` is longer than {FIELD_BYTES} bytes"))
        }
        multer::Error::FieldSizeExceeded { .. } | multer::Error::StreamSizeExceeded { .. } => {
            batches::Error::TooLarge(most).into()
        }
        other => Problem::bad_request(format!("the form cannot be read: {other}")),
    })
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    asked: Result<Query<Asked>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let principal = app.authenticate(&headers)?;
    let (batches, page) = (app.parts.batches.clone(), Asked::page(asked, 10_000)?);
    let (files, more) = beside(move || batches.files(&principal, &page)).await?;
    Ok(Json(listed(&files.iter().map(shown).collect::<Vec<_>>(), more)))
}

/// Does one thing with the files and batches of whoever calls, beside the network threads.
pub(super) async fn kept<T: Send + 'static>(
    app: &App,
    headers: &HeaderMap,
    job: impl FnOnce(&Batches, &Principal) -> Result<T, batches::Error> + Send + 'static,
) -> Result<T, Problem> {
    let principal = app.authenticate(headers)?;
    let batches = app.parts.batches.clone();
    beside(move || job(&batches, &principal)).await
}

/// A list as OpenAI pages it.
pub(crate) fn listed(data: &[Value], more: bool) -> Value {
    let id = |entry: Option<&Value>| entry.map_or(Value::Null, |entry| entry["id"].clone());
    let (first, last) = (id(data.first()), id(data.last()));
    json!({ "object": "list", "data": data, "first_id": first, "last_id": last, "has_more": more })
}

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    Name(id): Name,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let file = kept(&app, &headers, move |batches, principal| batches.file(principal, &id)).await?;
    Ok(Json(shown(&file)))
}

pub(crate) async fn delete(
    State(app): State<Arc<App>>,
    Name(id): Name,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let file = id.clone();
    kept(&app, &headers, move |batches, principal| batches.delete(principal, &file)).await?;
    Ok(Json(json!({ "id": id, "object": "file", "deleted": true })))
}

pub(crate) async fn content(
    State(app): State<Arc<App>>,
    Name(id): Name,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let principal = app.authenticate(&headers)?;
    let batches = app.parts.batches.clone();
    let opened = move |batches: &Batches| {
        Ok::<_, batches::Error>((batches.file(&principal, &id)?, batches.content(&principal, &id)?))
    };
    let (file, content) = beside(move || opened(&batches)).await?;
    let pieces = futures_util::stream::try_unfold(content, |mut content| async move {
        let (piece, content) =
            beside(move || content.piece().map(|piece| (piece, content))).await.map_err(|problem| {
                tracing::error!(problem = problem.message, "a file cannot be read to its end");
                std::io::Error::other(problem.message)
            })?;
        Ok::<_, std::io::Error>((!piece.is_empty()).then_some((piece, content)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, file.bytes.to_string()),
    ];
    Ok((headers, Body::from_stream(pieces)).into_response())
}

fn shown(file: &FileInfo) -> Value {
    json!({
        "id": file.id,
        "object": "file",
        "bytes": file.bytes,
        "created_at": file.created.unix_seconds(),
        "expires_at": file.expires.unix_seconds(),
        "filename": file.name,
        "purpose": file.purpose,
        "status": "processed",
    })
}
