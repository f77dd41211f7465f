//! A client of one issuer — RFC 6749 §1.1. The operations stand in one file each, named as their messages.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::env::Env;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::VerifyingKey;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::secret::Secret;
use http::{Request, Response};

use crate::authenticate::Credentials;
use crate::error::{ConfigError, Error};
use crate::http_client;
use crate::provider::Provider;

/// A registered client. No type parameters, cheap to clone, and nothing in it changes.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

struct Inner {
    provider: Provider,
    client_id: String,
    secret: Option<Secret>,
    auth_method: Option<AuthMethod>,
    redirect_uri: Option<String>,
    id_token_alg: SigningAlg,
    leeway: i64,
}

/// Puts a [`Client`] together.
pub struct ClientBuilder {
    inner: Inner,
}

impl Client {
    /// Starts with what every client has.
    pub fn builder(provider: &Provider, client_id: &str) -> ClientBuilder {
        ClientBuilder {
            inner: Inner {
                provider: provider.clone(),
                client_id: client_id.to_owned(),
                secret: None,
                auth_method: None,
                redirect_uri: None,
                id_token_alg: SigningAlg::Rs256,
                leeway: 60,
            },
        }
    }

    /// The issuer.
    pub fn provider(&self) -> &Provider {
        &self.inner.provider
    }

    /// The `client_id`.
    pub fn client_id(&self) -> &str {
        &self.inner.client_id
    }

    /// Time and randomness.
    pub fn env(&self) -> &Env {
        self.inner.provider.env()
    }

    pub(crate) fn secret(&self) -> Option<&Secret> {
        self.inner.secret.as_ref()
    }

    pub(crate) fn redirect_uri(&self) -> Option<&str> {
        self.inner.redirect_uri.as_deref()
    }

    pub(crate) fn id_token_alg(&self) -> SigningAlg {
        self.inner.id_token_alg
    }

    pub(crate) fn leeway(&self) -> i64 {
        self.inner.leeway
    }

    /// The credentials in the way that was set, or else in the way that the server prefers.
    pub(crate) fn credentials(&self, metadata: &ServerMetadata) -> Result<Credentials, Error> {
        let Inner { client_id, secret, auth_method, .. } = self.inner.as_ref();
        let offered = |method: AuthMethod| {
            metadata.token_endpoint_auth_methods_supported.iter().any(|m| m == method.as_str())
        };
        let method = match (auth_method, secret) {
            (Some(method), _) => *method,
            (None, None) => AuthMethod::None,
            // RFC 8414 §2: when it is omitted, the default is client_secret_basic.
            (None, Some(_))
                if offered(AuthMethod::ClientSecretPost) && !offered(AuthMethod::ClientSecretBasic) =>
            {
                AuthMethod::ClientSecretPost
            }
            (None, Some(_)) => AuthMethod::ClientSecretBasic,
        };
        Ok(Credentials::new(client_id, secret.clone(), method)?)
    }

    pub(crate) async fn send(
        &self,
        endpoint: &str,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Error> {
        http_client::exchange(self.inner.provider.http().as_ref(), endpoint, request).await
    }
}

impl ClientBuilder {
    /// The secret of a confidential client.
    pub fn secret(mut self, secret: impl Into<Secret>) -> Self {
        self.inner.secret = Some(secret.into());
        self
    }

    /// How the client authenticates. Left out, the server's metadata decides.
    pub fn auth_method(mut self, method: AuthMethod) -> Self {
        self.inner.auth_method = Some(method);
        self
    }

    /// Where authorization responses come to, unless a request says otherwise.
    pub fn redirect_uri(mut self, uri: &str) -> Self {
        self.inner.redirect_uri = Some(uri.to_owned());
        self
    }

    /// The algorithm that the client's ID tokens are registered for. Default `RS256`, as in OpenID Registration.
    pub fn id_token_alg(mut self, alg: SigningAlg) -> Self {
        self.inner.id_token_alg = alg;
        self
    }

    /// How far the issuer's clock may be off, in seconds. Default 60.
    pub fn leeway(mut self, seconds: i64) -> Self {
        self.inner.leeway = seconds;
        self
    }

    /// The client.
    ///
    /// # Errors
    /// When the parts do not go together.
    pub fn build(self) -> Result<Client, ConfigError> {
        let Inner { client_id, secret, auth_method, redirect_uri, id_token_alg, .. } = &self.inner;
        let invalid =
            |variable: &str, reason: String| ConfigError::Invalid { variable: variable.to_owned(), reason };
        if client_id.is_empty() {
            return Err(invalid("client_id", "it is empty".to_owned()));
        }
        if let Some(method) = auth_method {
            Credentials::new(client_id, secret.clone(), *method)?;
        }
        if id_token_alg.is_symmetric() {
            let secret = secret.as_ref().ok_or_else(|| ConfigError::NoSecret(client_id.clone()))?;
            let key = VerifyingKey::hmac(*id_token_alg, secret.expose().as_bytes());
            key.map_err(|error| {
                invalid("client_secret", format!("it does not do for {id_token_alg}: {error}"))
            })?;
        }
        if let Some(uri) = redirect_uri {
            RedirectUri::parse(uri).map_err(|error| invalid("redirect_uri", format!("{uri:?}: {error}")))?;
        }
        Ok(Client { inner: Arc::new(self.inner) })
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (client_id, issuer) = (self.client_id(), self.provider().issuer());
        f.debug_struct("Client")
            .field("client_id", &client_id)
            .field("issuer", issuer)
            .finish_non_exhaustive()
    }
}
