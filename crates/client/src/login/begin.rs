//! `/login`: the browser is sent to the issuer, with a sealed cookie that remembers why.

use axum::http::HeaderMap;
use axum::response::Response;
use hallpass_proto::authorize::Prompt;
use hallpass_proto::scope::Scope;

use super::attempt::Attempt;
use super::failure::Failure;
use super::{Login, reply, return_to};
use crate::error::Error;

/// What one sign-in asks for; empty fields mean what the configuration says.
#[derive(Clone, Debug, Default)]
pub struct Begin {
    /// Where the person goes afterwards: a path of this program. Anything else leads home.
    pub return_to: Option<String>,
    /// What is asked for.
    pub scope: Option<Scope>,
    /// Which pages the issuer shows.
    pub prompt: Vec<Prompt>,
}

impl Login {
    /// Sends the browser to the issuer.
    ///
    /// # Errors
    /// When the issuer's metadata cannot be had.
    pub async fn begin(&self, headers: &HeaderMap, begin: Begin) -> Result<Response, Failure> {
        self.start(headers, begin).await.map_err(|error| Failure::new(self, error))
    }

    async fn start(&self, headers: &HeaderMap, begin: Begin) -> Result<Response, Error> {
        let config = &self.inner.config;
        let redirect_uri = self.inner.public_url.to(&config.callback_path);
        let scope = begin.scope.as_ref().unwrap_or(&config.scope);
        let request =
            self.inner.client.authorize().redirect_uri(&redirect_uri).scope(scope).prompt(&begin.prompt);
        let start = request.start().await?;
        let return_to = return_to::checked(begin.return_to.as_deref(), &self.home());
        let attempt = Attempt { pending: start.pending, return_to };
        let cookies = self.inner.attempts.begin(headers, &attempt)?;
        Ok(reply::redirect(&start.url, cookies))
    }
}
