//! The app's four clients of one issuer: in a real program there would be one.

use std::sync::Arc;

use axum::body::Bytes;
use axum::http::header::{ACCEPT, AUTHORIZATION};
use axum::http::{Request, Response};
use hallpass_client::client::Client;
use hallpass_client::error::{ConfigError, Error};
use hallpass_client::http_client::{HttpClient, parse_url};
use hallpass_client::provider::Provider;
use hallpass_proto::secret::Secret;

use super::trace::Recording;
use super::{AppSettings, Credential};

pub(super) struct Clients {
    pub(super) provider: Provider,
    pub(super) web: Client,
    pub(super) spa: Client,
    pub(super) service: Client,
    pub(super) legacy: Client,
    pub(super) api_url: String,
    http: Arc<dyn HttpClient>,
}

impl Clients {
    pub(super) fn new(settings: AppSettings) -> Result<Self, ConfigError> {
        let AppSettings {
            issuer, public_url, api_url, web, spa_client_id, service, legacy, env, http, ..
        } = settings;
        let http: Arc<dyn HttpClient> = Arc::new(Recording::new(http));
        let provider = Provider::builder(issuer, Arc::clone(&http)).env(env).lazy();
        let client = |credential: Credential| {
            Client::builder(&provider, &credential.client_id).secret(credential.secret).build()
        };
        let spa_redirect_uri = format!("{public_url}/spa/callback");
        let spa = Client::builder(&provider, &spa_client_id).redirect_uri(&spa_redirect_uri).build()?;
        let (web, service, legacy) = (client(web)?, client(service)?, client(legacy)?);
        parse_url(&api_url)?;
        Ok(Self { web, spa, service, legacy, api_url, http, provider })
    }

    /// `GET /items` at the API, with a token.
    pub(super) async fn items(&self, token: &Secret) -> Result<Response<Bytes>, Error> {
        let endpoint = format!("{}/items", self.api_url);
        let request = Request::get(&endpoint)
            .header(ACCEPT, "application/json")
            .header(AUTHORIZATION, format!("Bearer {}", token.expose()))
            .body(Bytes::new());
        let request = request.map_err(|error| ConfigError::Invalid {
            variable: "api_url".to_owned(),
            reason: error.to_string(),
        })?;
        let sent = self.http.send(request).await;
        sent.map_err(|source| Error::Network { endpoint, source, retry_after: None })
    }
}
