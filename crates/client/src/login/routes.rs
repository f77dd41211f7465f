//! The routes.

use axum::Router;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use axum::routing::get;
use hallpass_proto::param::Form;

use super::begin::Begin;
use super::finish::Finished;
use super::{Login, reply};

impl Login {
    /// `GET /login`, `GET /callback`, `GET` and `POST /logout`, at the configured paths; and where the issuer signs
    /// people out, [`Login::single_logout_routes`].
    pub fn routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let config = &self.inner.config;
        Router::new()
            .route(&config.login_path, get(login))
            .route(&config.callback_path, get(callback))
            .merge(self.logout_routes())
            .merge(self.single_logout_routes())
            .with_state(self.clone())
    }

    /// `/logout` alone, for a program that answers the other two itself, with [`Login::begin`] and [`Login::finish`].
    pub fn logout_routes<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        Router::new().route(&self.inner.config.logout_path, get(ask).post(sign_out)).with_state(self.clone())
    }
}

async fn login(State(login): State<Login>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let query = query.unwrap_or_default();
    let form = Form::parse(query.as_bytes()).and_then(Form::no_duplicates).unwrap_or_default();
    let begin = Begin { return_to: form.get("return_to").map(str::to_owned), ..Begin::default() };
    login.begin(&headers, begin).await.unwrap_or_else(|failure| failure.into_response(&headers))
}

async fn callback(State(login): State<Login>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    match login.finish(&headers, &query.unwrap_or_default()).await {
        Ok(Finished::SignedIn(done)) => reply::redirect(&done.return_to, done.cookies),
        Ok(Finished::Already { return_to, cookies }) => reply::redirect(&return_to, cookies),
        Err(failure) => failure.into_response(&headers),
    }
}

async fn ask(State(login): State<Login>, headers: HeaderMap) -> Response {
    login.ask_or_sign_out(&headers).await
}

async fn sign_out(State(login): State<Login>, headers: HeaderMap) -> Response {
    login.sign_out_if_ours(&headers).await
}
