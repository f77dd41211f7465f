//! The connections of a listener: each has a place, and gives it back when it has done nothing for too long.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::response::Response;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt as _;

use super::Limits;
use super::activity::Activity;

/// How often a live HTTP/2 client is asked for a sign of life.
const PING: Duration = Duration::from_secs(30);
/// How long a connection that was told to end may take to say its goodbye.
const GOODBYE: Duration = Duration::from_secs(2);

/// What all connections of a listener have in common.
#[derive(Clone)]
pub(super) struct Doorway {
    limits: Limits,
    router: Router,
    builder: auto::Builder<TokioExecutor>,
    places: Arc<Semaphore>,
    /// Whether somebody waits for a place.
    wanted: watch::Sender<bool>,
    stop: watch::Receiver<bool>,
}

/// A place, until this is dropped.
pub(super) type Place = OwnedSemaphorePermit;

impl Doorway {
    pub(super) fn new(limits: Limits, router: Router, stop: watch::Receiver<bool>) -> Self {
        let mut builder = auto::Builder::new(TokioExecutor::new());
        builder.http1().timer(TokioTimer::new()).header_read_timeout(limits.header);
        builder.http2().timer(TokioTimer::new()).keep_alive_interval(Some(PING));
        let places = usize::try_from(limits.connections).unwrap_or(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(places));
        Self { limits, router, builder, places, wanted: watch::Sender::new(false), stop }
    }

    /// The next free place.
    pub(super) async fn place(&self) -> Place {
        if let Ok(free) = self.places.clone().try_acquire_owned() {
            return free;
        }
        if !self.wanted.send_replace(true) {
            let limit = self.limits.connections;
            tracing::warn!(limit, "as many connections as there may be: the next ones wait");
        }
        loop {
            // It is closed by nobody.
            if let Ok(free) = self.places.clone().acquire_owned().await {
                self.wanted.send_replace(false);
                return free;
            }
        }
    }

    /// Returns once every place is free.
    pub(super) async fn empty(&self) {
        let _ = self.places.acquire_many(self.limits.connections).await;
    }

    /// Serves one connection to its end: the client's, that of its time without a request, or that of the server.
    pub(super) async fn converse<S>(&self, stream: S, peer: Option<SocketAddr>, place: Place)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let _place = place;
        let activity = Arc::new(Activity::new());
        let counted = Counted { router: self.router.clone(), activity: activity.clone(), peer };
        let mut connection = pin!(self.builder.serve_connection(TokioIo::new(stream), counted));
        let mut stop = self.stop.clone();
        let over = activity.over(self.limits, self.wanted.subscribe());
        let idle = tokio::select! {
            ended = connection.as_mut() => return told(ended),
            () = over => true,
            _ = stop.wait_for(|stop| *stop) => false,
        };
        connection.as_mut().graceful_shutdown();
        if !idle {
            return told(connection.await);
        }
        match tokio::time::timeout(GOODBYE, connection.as_mut()).await {
            Ok(ended) => told(ended),
            Err(_) => tracing::debug!(target: "hallpass::connection", "cut: it did nothing for too long"),
        }
    }
}

fn told(ended: Result<(), Box<dyn std::error::Error + Send + Sync>>) {
    if let Err(error) = ended {
        tracing::debug!(target: "hallpass::connection", %error);
    }
}

/// The router, which tells the connection when it has work.
struct Counted {
    router: Router,
    activity: Arc<Activity>,
    /// The other end of the connection.
    peer: Option<SocketAddr>,
}

impl hyper::service::Service<Request<Incoming>> for Counted {
    type Response = Response;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response, Infallible>> + Send>>;

    fn call(&self, mut request: Request<Incoming>) -> Self::Future {
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        let working = self.activity.begin();
        let answer = self.router.clone().oneshot(request.map(Body::new));
        Box::pin(async move {
            let answer = answer.await;
            drop(working);
            answer
        })
    }
}
