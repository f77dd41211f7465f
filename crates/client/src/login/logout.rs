//! `/logout`: the session ends here and, where the issuer offers it, there too — RP-Initiated Logout 1.0 §2.
//!
//! Choice: a GET that comes from a page of this program, or that was typed, signs out; one that comes from
//! elsewhere, or whose origin the browser does not tell, is answered with a page that asks. Otherwise any site
//! could sign people out with a link or an image. A POST must come from a page of this program.

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::json;

use super::accept::{is_own_navigation, wants_html};
use super::pages::{Problem, SignOut};
use super::{Failure, Login, reply};

impl Login {
    /// Answers a GET.
    pub(crate) async fn ask_or_sign_out(&self, headers: &HeaderMap) -> Response {
        if is_own_navigation(headers) {
            return self.sign_out(headers).await;
        }
        if !wants_html(headers) {
            let detail = json!({ "detail": "Send a POST from a page of this program to sign out" });
            return reply::json(StatusCode::METHOD_NOT_ALLOWED, &detail, Vec::new());
        }
        let action = format!("{}{}", self.inner.public_url.path(), self.inner.config.logout_path);
        let html = self.inner.config.pages.sign_out(&SignOut { action: &action, home: &self.home() });
        reply::page(StatusCode::OK, html, &self.form_targets().await, Vec::new())
    }

    /// Answers a POST.
    pub(crate) async fn sign_out_if_ours(&self, headers: &HeaderMap) -> Response {
        if self.came_from_here(headers) {
            return self.sign_out(headers).await;
        }
        tracing::warn!("a sign-out from another origin was refused");
        let message = "This request did not come from a page of this program.";
        if !wants_html(headers) {
            return reply::json(StatusCode::FORBIDDEN, &json!({ "detail": message }), Vec::new());
        }
        let home = self.home();
        let problem =
            Problem { title: "You are still signed in", message, code: None, retry: &home, home: &home };
        reply::page(StatusCode::FORBIDDEN, self.inner.config.pages.problem(&problem), "", Vec::new())
    }

    async fn sign_out(&self, headers: &HeaderMap) -> Response {
        reply::forgotten(self.end_and_go_on(headers).await)
    }

    async fn end_and_go_on(&self, headers: &HeaderMap) -> Response {
        let found = match self.session(headers).await {
            Ok(found) => found,
            Err(fault) => return Failure::store(self, fault).into_response(headers),
        };
        let cookies = match self.inner.sessions.end(headers).await {
            Ok(cookie) => cookie.into_iter().collect(),
            Err(fault) => return Failure::store(self, fault).into_response(headers),
        };
        let Some(found) = found else { return reply::redirect(&self.home(), cookies) };
        tracing::info!(sub = found.session.sub, "signed out");
        let id_token = found.session.tokens.as_ref().and_then(|tokens| tokens.id_token.clone());
        let back = self.inner.public_url.to("/");
        match self.inner.client.end_session_url(id_token.as_ref(), Some(&back)).await {
            Ok(Some(url)) => reply::redirect(&url, cookies),
            Ok(None) => reply::redirect(&self.home(), cookies),
            Err(error) => {
                tracing::warn!(error = %error, "signed out here, but the issuer could not be asked to do the same");
                reply::redirect(&self.home(), cookies)
            }
        }
    }

    /// Where the sign-out form ends: browsers apply `form-action` to the redirects behind it as well.
    pub async fn form_targets(&self) -> String {
        let Ok(metadata) = self.inner.client.provider().metadata().await else { return String::new() };
        metadata
            .end_session_endpoint
            .as_deref()
            .map(hallpass_proto::redirect_uri::csp_source)
            .unwrap_or_default()
    }
}
