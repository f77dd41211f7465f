//! Protection as a `tower` layer: for hyper, tonic, and whole axum routers.

use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use tower::{Layer, Service};

use crate::protect::Protect;
use crate::requirement::Requirement;

/// Gives every request the [`Protect`]; refuses nothing by itself. See [`Protect::layer`].
#[derive(Clone, Debug)]
pub struct ProtectLayer {
    protect: Protect,
}

impl ProtectLayer {
    pub(crate) fn new(protect: Protect) -> Self {
        Self { protect }
    }

    /// Refuses every request whose token does not meet `R`. The service behind finds the verified token in the
    /// request's extensions, as `Arc<Token>`.
    ///
    /// A browser's preflight has no token: a CORS layer goes outside of this one.
    pub fn require<R: Requirement>(self) -> RequireLayer<R> {
        RequireLayer { protect: self.protect, requirement: PhantomData }
    }
}

impl<S> Layer<S> for ProtectLayer {
    type Service = WithProtect<S>;

    fn layer(&self, inner: S) -> WithProtect<S> {
        WithProtect { inner, protect: self.protect.clone() }
    }
}

/// What [`ProtectLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct WithProtect<S> {
    inner: S,
    protect: Protect,
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for WithProtect<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> S::Future {
        request.extensions_mut().insert(self.protect.clone());
        self.inner.call(request)
    }
}

/// Refuses requests whose token does not meet `R`. See [`ProtectLayer::require`].
#[derive(Debug)]
pub struct RequireLayer<R> {
    protect: Protect,
    requirement: PhantomData<fn() -> R>,
}

impl<R> Clone for RequireLayer<R> {
    fn clone(&self) -> Self {
        Self { protect: self.protect.clone(), requirement: PhantomData }
    }
}

impl<S, R> Layer<S> for RequireLayer<R> {
    type Service = Required<S, R>;

    fn layer(&self, inner: S) -> Required<S, R> {
        Required { inner, protect: self.protect.clone(), requirement: PhantomData }
    }
}

/// What [`RequireLayer`] makes of a service.
#[derive(Debug)]
pub struct Required<S, R> {
    inner: S,
    protect: Protect,
    requirement: PhantomData<fn() -> R>,
}

impl<S: Clone, R> Clone for Required<S, R> {
    fn clone(&self) -> Self {
        Self { inner: self.inner.clone(), protect: self.protect.clone(), requirement: PhantomData }
    }
}

impl<S, R, B, Out> Service<Request<B>> for Required<S, R>
where
    S: Service<Request<B>, Response = Response<Out>> + Clone + Send + 'static,
    S::Future: Send,
    R: Requirement,
    B: Send + 'static,
    Out: From<String>,
{
    type Response = Response<Out>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Out>, S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        let protect = self.protect.clone();
        // The service that was polled ready is the one to call; its clone waits for the next request.
        let next = self.inner.clone();
        let mut inner = mem::replace(&mut self.inner, next);
        Box::pin(async move {
            // Taken out so that no borrow of a body that is not Sync is held across the await.
            let headers = mem::take(request.headers_mut());
            let outcome = protect.authorize::<R>(&headers).await;
            *request.headers_mut() = headers;
            match outcome {
                Ok(token) => {
                    request.extensions_mut().insert(token);
                    request.extensions_mut().insert(protect);
                    inner.call(request).await
                }
                Err(refused) => {
                    refused.log();
                    Ok(refused.to_response())
                }
            }
        })
    }
}
