//! One line for every request: what was asked, what came of it, how long it took. Never a query, a header or a body.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use crate::core::Core;

/// As much of a method and of a path as a line holds: ours are shorter.
const LONGEST: usize = 200;

/// Why a request was refused, in the words of [`crate::refusal::Refusal`].
#[derive(Clone)]
pub(super) struct Reason {
    pub(super) text: String,
    /// What the error page shows, so that a person's report finds this line.
    pub(super) trace_id: Option<String>,
}

pub(super) async fn one_line(State(core): State<Arc<Core>>, request: Request, next: Next) -> Response {
    let started = Instant::now();
    core.keyring.follow(core.store.as_ref(), core.env.now()).await;
    // A line that nobody reads costs nothing.
    if !tracing::enabled!(target: "hallpass::request", tracing::Level::INFO) {
        return next.run(request).await;
    }
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let response = next.run(request).await;
    let method = truncated(method.as_str());
    let path = truncated(uri.path());
    let status = response.status().as_u16();
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    let issuer = core.config.issuer.host();
    match response.extensions().get::<Reason>() {
        Some(Reason { text, trace_id }) => tracing::info!(
            target: "hallpass::request", %method, path, status, micros, issuer, refused = text.as_str(),
            trace_id = trace_id.as_deref()
        ),
        None => tracing::info!(target: "hallpass::request", %method, path, status, micros, issuer),
    }
    response
}

/// As much of it as a line holds.
fn truncated(text: &str) -> &str {
    text.char_indices().nth(LONGEST).map_or(text, |(end, _)| &text[..end])
}
