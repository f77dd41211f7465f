//! What a server's own requests reach in a test: documents at URLs, and what was sent there.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use axum::body::Bytes;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, Uri};

use hallpass_server::outbound::{Answered, Outbound, OutboundError};

/// Some documents at URLs, and a record of the requests. A URL that holds nothing is a host that nobody has.
#[derive(Default)]
pub struct Web(Mutex<Held>);

#[derive(Default)]
struct Held {
    pages: HashMap<String, Page>,
    requests: Vec<Received>,
}

#[derive(Clone)]
enum Page {
    Answer(StatusCode, &'static str, Bytes),
    Down,
    Silent,
}

/// A request that came.
#[derive(Clone, Debug)]
pub struct Received {
    /// Its method.
    pub method: Method,
    /// Where it went.
    pub uri: Uri,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

impl Web {
    /// Puts a JSON document at a URL.
    pub fn json(&self, url: &str, document: &serde_json::Value) {
        self.answer(url, StatusCode::OK, "application/json", document.to_string());
    }

    /// Puts any answer at a URL.
    pub fn answer(&self, url: &str, status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) {
        self.put(url, Page::Answer(status, content_type, body.into()));
    }

    /// Makes a URL a place that does not answer.
    pub fn down(&self, url: &str) {
        self.put(url, Page::Down);
    }

    /// Makes a URL a place that takes requests and never answers.
    pub fn silent(&self, url: &str) {
        self.put(url, Page::Silent);
    }

    /// Every request that came for a URL, the oldest first.
    pub fn requests(&self, url: &str) -> Vec<Received> {
        let uri: Uri = url.parse().expect("a URL");
        self.with(|held| held.requests.iter().filter(|request| request.uri == uri).cloned().collect())
    }

    fn put(&self, url: &str, page: Page) {
        self.with(|held| held.pages.insert(url.to_owned(), page));
    }

    fn with<T>(&self, look: impl FnOnce(&mut Held) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Outbound for Web {
    fn send(&self, request: Request<Bytes>, most: usize) -> Answered<'_> {
        let (head, body) = request.into_parts();
        let url = head.uri.to_string();
        let page = self.with(|held| {
            let received = Received { method: head.method, uri: head.uri, headers: head.headers, body };
            held.requests.push(received);
            held.pages.get(&url).cloned()
        });
        Box::pin(async move {
            match page {
                Some(Page::Answer(_, _, body)) if body.len() > most => Err(OutboundError::TooLarge(most)),
                Some(Page::Answer(status, content_type, body)) => {
                    let response = Response::builder().status(status).header("content-type", content_type);
                    Ok(response.body(body).expect("a response"))
                }
                Some(Page::Silent) => std::future::pending().await,
                Some(Page::Down) => Err(OutboundError::Timeout(url)),
                None => Err(OutboundError::Connect(url)),
            }
        })
    }
}
