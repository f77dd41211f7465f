//! `/livez` and `/readyz`, at the root of every listener, for whoever watches over the program.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tokio::sync::Mutex;

use hallpass_server::store::Store;

/// How long an answer of the store is good for: asking it writes a row.
const GOOD_FOR: Duration = Duration::from_secs(1);
/// How long the store may take.
const PATIENCE: Duration = Duration::from_secs(2);

struct Readiness {
    store: Arc<dyn Store>,
    last: Mutex<Option<(Instant, bool)>>,
}

/// Both, without a line in the log for each call.
pub(super) fn router(store: Arc<dyn Store>) -> Router {
    let readiness = Readiness { store, last: Mutex::new(None) };
    Router::new()
        .route("/livez", get(|| async { answer(true) }))
        .route("/readyz", get(readyz))
        .with_state(Arc::new(readiness))
}

async fn readyz(State(readiness): State<Arc<Readiness>>) -> Response {
    let mut last = readiness.last.lock().await;
    let ready = match *last {
        Some((asked, ready)) if asked.elapsed() < GOOD_FOR => ready,
        _ => {
            let ready = match tokio::time::timeout(PATIENCE, readiness.store.ready()).await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::warn!(%error, "not ready");
                    false
                }
                Err(_) => {
                    tracing::warn!("not ready: the store did not answer in {} seconds", PATIENCE.as_secs());
                    false
                }
            };
            *last = Some((Instant::now(), ready));
            ready
        }
    };
    answer(ready)
}

fn answer(well: bool) -> Response {
    let (status, text) =
        if well { (StatusCode::OK, "ok\n") } else { (StatusCode::SERVICE_UNAVAILABLE, "not ready\n") };
    let no_store = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    (status, [no_store], text).into_response()
}
