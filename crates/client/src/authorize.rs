//! Starting a flow — RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID Connect Core §3.1.2.1.

use hallpass_proto::authorize::{AuthorizationRequest, Prompt, ResponseType};
use hallpass_proto::pkce::CodeVerifier;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::scope::{OPENID, Scope};
use hallpass_proto::secret::Secret;
use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::error::{ConfigError, Error};
use crate::http_client::parse_url;

/// An authorization request being put together.
#[must_use]
pub struct Authorize<'c> {
    client: &'c Client,
    request: AuthorizationRequest,
}

/// A request that is ready: send the browser to `url`, and keep `pending` for when it comes back.
pub struct Start {
    /// Where the browser goes.
    pub url: String,
    /// What the answer is checked against.
    pub pending: Pending,
}

/// One authorization request that is under way. Tied to one browser by whoever keeps it; used up by the answer,
/// which is why it cannot be copied. Serialised, it holds secrets: seal it before it leaves the program.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pending {
    pub(crate) issuer: String,
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) response_type: ResponseType,
    pub(crate) scope: Scope,
    pub(crate) state: Secret,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) nonce: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) code_verifier: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_age: Option<i64>,
}

impl Pending {
    /// The `state` of the request: the name under which to keep it.
    pub fn state(&self) -> &Secret {
        &self.state
    }

    /// The `nonce` of the request, when it asks for an ID token.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }
}

impl Client {
    /// Starts an authorization request: the code flow, unless [`Authorize::implicit`] says otherwise.
    pub fn authorize(&self) -> Authorize<'_> {
        let redirect_uri = self.redirect_uri().unwrap_or_default();
        Authorize {
            client: self,
            request: AuthorizationRequest::new(self.client_id(), redirect_uri, ResponseType::CODE),
        }
    }
}

impl Authorize<'_> {
    /// What is asked for. With `openid` the person's identity comes back too.
    pub fn scope(mut self, scope: &Scope) -> Self {
        self.request.scope = scope.clone();
        self
    }

    /// Where the answer goes: one of the client's registered URIs.
    pub fn redirect_uri(mut self, uri: &str) -> Self {
        self.request.redirect_uri = uri.to_owned();
        self
    }

    /// Which pages the issuer shows.
    pub fn prompt(mut self, prompt: &[Prompt]) -> Self {
        self.request.prompt = prompt.to_vec();
        self
    }

    /// How old the authentication may be, in seconds. The ID token is checked for it.
    pub fn max_age(mut self, seconds: i64) -> Self {
        self.request.max_age = Some(seconds);
        self
    }

    /// Who will probably sign in.
    pub fn login_hint(mut self, hint: &str) -> Self {
        self.request.login_hint = Some(hint.to_owned());
        self
    }

    /// One more parameter.
    pub fn param(mut self, name: &str, value: &str) -> Self {
        self.request.extra.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The implicit flow (RFC 6749 §4.2) with one of its response types. RFC 9700 §2.1.2 advises against it:
    /// the tokens pass through the browser's address bar. Complete it with [`Client::complete_implicit`].
    pub fn implicit(mut self, response_type: ResponseType) -> Self {
        self.request.response_type = response_type;
        self
    }

    /// Draws `state`, `nonce` and the PKCE verifier, and builds the URL.
    ///
    /// # Errors
    /// When the metadata cannot be had or has no authorization endpoint, or without a redirect URI.
    pub async fn start(self) -> Result<Start, Error> {
        let Self { client, mut request } = self;
        RedirectUri::parse(&request.redirect_uri).map_err(|error| ConfigError::Invalid {
            variable: "redirect_uri".to_owned(),
            reason: format!("{:?}: {error}", request.redirect_uri),
        })?;
        let metadata = client.provider().metadata().await?;
        let endpoint = metadata.authorization_endpoint.as_deref().ok_or_else(|| Error::NotSupported {
            issuer: metadata.issuer.to_string(),
            member: "authorization_endpoint",
        })?;
        parse_url(endpoint).map_err(ConfigError::from)?;
        let state = client.env().token();
        let identity = request.scope.contains(OPENID) || request.response_type.id_token();
        let nonce = identity.then(|| client.env().token().expose().clone());
        let verifier = request.response_type.code().then(|| CodeVerifier::generate(client.env()));
        request.state = Some(state.clone());
        request.nonce.clone_from(&nonce);
        request.code_challenge = verifier.as_ref().map(CodeVerifier::challenge);
        let url = request.to_url(endpoint);
        let pending = Pending {
            issuer: client.provider().issuer().to_string(),
            client_id: request.client_id,
            redirect_uri: request.redirect_uri,
            response_type: request.response_type,
            scope: request.scope,
            state,
            nonce,
            code_verifier: verifier.map(|v| v.expose().into()),
            max_age: request.max_age,
        };
        Ok(Start { url, pending })
    }
}
