//! Takes down what is sent while a flow runs, for the page that shows it. Only in the demo: a real program keeps
//! no such record.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::{Request, Response};
use hallpass_client::http_client::{BoxFuture, HttpClient, HttpError};

use super::mask;

/// One request and what came back, printed, with every secret masked.
#[derive(Clone)]
pub(super) struct Exchange {
    pub(super) request: String,
    pub(super) response: String,
}

type Exchanges = Arc<Mutex<Vec<Exchange>>>;

tokio::task_local! {
    static EXCHANGES: Exchanges;
}

/// Runs a future and gives what it sent and received. What runs in tasks of its own, such as the fetching of keys
/// that all flows share, is not part of it.
pub(super) async fn recorded<F: Future>(future: F) -> (F::Output, Vec<Exchange>) {
    let exchanges = Exchanges::default();
    let output = EXCHANGES.scope(Arc::clone(&exchanges), future).await;
    let taken = std::mem::take(&mut *exchanges.lock().unwrap_or_else(PoisonError::into_inner));
    (output, taken)
}

/// A transport that takes down what passes through it.
pub(super) struct Recording {
    inner: Arc<dyn HttpClient>,
}

impl Recording {
    pub(super) fn new(inner: Arc<dyn HttpClient>) -> Self {
        Self { inner }
    }
}

impl HttpClient for Recording {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, HttpError>> {
        let Ok(exchanges) = EXCHANGES.try_with(Arc::clone) else { return self.inner.send(request) };
        Box::pin(async move {
            let printed = mask::request(&request);
            let result = self.inner.send(request).await;
            let response = match &result {
                Ok(response) => mask::response(response),
                Err(error) => error.to_string(),
            };
            let exchange = Exchange { request: printed, response };
            exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
            result
        })
    }
}
