//! An issuer and what it says of itself — OpenID Connect Discovery 1.0 §4, RFC 8414 §3.

use std::sync::Arc;

use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::metadata::ServerMetadata;
use serde::Deserialize;

use crate::answer;
use crate::authenticate;
use crate::error::Error;
use crate::http_client::{HttpClient, exchange};
use crate::keys::{Keys, KeysConfig};
use crate::refreshing::{NotNewer, Policy, Refreshing};

/// The metadata is fetched again in the background when it is older than an hour; it is used up to a week.
const POLICY: Policy =
    Policy { refresh_after: 3600, max_stale: 7 * 24 * 3600, cooldown: 60, failure_pause: 5 };

/// An authorization server: its metadata and its keys, fetched when they are needed and kept. Cheap to clone.
#[derive(Clone)]
pub struct Provider {
    inner: Arc<Inner>,
}

struct Inner {
    issuer: Issuer,
    metadata: Metadata,
    keys: Keys,
    http: Arc<dyn HttpClient>,
    env: Env,
}

#[derive(Clone)]
enum Metadata {
    Given(Arc<ServerMetadata>),
    Discovered(Arc<Refreshing<Arc<ServerMetadata>>>),
}

/// How a [`Provider`] is put together.
pub struct ProviderBuilder {
    issuer: Issuer,
    http: Arc<dyn HttpClient>,
    env: Env,
    keys: KeysConfig,
}

impl Provider {
    /// Discovers an issuer over the default transport.
    ///
    /// # Errors
    /// When the issuer cannot be reached or says that it is another one; see [`ProviderBuilder::lazy`] for a
    /// program that must start without it.
    #[cfg(feature = "hyper")]
    pub async fn discover(issuer: &str) -> Result<Self, Error> {
        let issuer = Issuer::parse(issuer).map_err(crate::error::ConfigError::from)?;
        Self::builder(issuer, Arc::new(crate::transport::Hyper::new())).discover().await
    }

    /// Starts to put a provider together, over any transport.
    pub fn builder(issuer: Issuer, http: Arc<dyn HttpClient>) -> ProviderBuilder {
        ProviderBuilder { issuer, http, env: Env::system(), keys: KeysConfig::default() }
    }

    /// The issuer identifier.
    pub fn issuer(&self) -> &Issuer {
        &self.inner.issuer
    }

    /// The metadata: at once when it is there, otherwise after a fetch.
    ///
    /// # Errors
    /// When it is not there and cannot be fetched.
    pub async fn metadata(&self) -> Result<Arc<ServerMetadata>, Error> {
        self.inner.metadata.get(&self.inner.issuer).await
    }

    /// The issuer's keys.
    pub fn keys(&self) -> &Keys {
        &self.inner.keys
    }

    /// The transport.
    pub fn http(&self) -> &Arc<dyn HttpClient> {
        &self.inner.http
    }

    /// Time and randomness.
    pub fn env(&self) -> &Env {
        &self.inner.env
    }
}

impl ProviderBuilder {
    /// Another clock and generator than the machine's.
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// Other settings of the key cache.
    pub fn keys(mut self, keys: KeysConfig) -> Self {
        self.keys = keys;
        self
    }

    /// Fetches the metadata now.
    ///
    /// # Errors
    /// When it cannot be had, or is another issuer's.
    pub async fn discover(self) -> Result<Provider, Error> {
        let provider = self.lazy();
        provider.metadata().await?;
        Ok(provider)
    }

    /// Fetches the metadata when it is first needed, and tries again at the next use when that fails: for a
    /// program that must start while the authorization server is down.
    pub fn lazy(self) -> Provider {
        let (issuer, http) = (self.issuer.clone(), Arc::clone(&self.http));
        let fetch = move || {
            let (issuer, http) = (issuer.clone(), Arc::clone(&http));
            Box::pin(async move { fetch(&issuer, http.as_ref()).await.map(Arc::new) }) as _
        };
        let metadata = Metadata::Discovered(Refreshing::new(self.env.clone(), POLICY, Box::new(fetch)));
        self.finish(metadata)
    }

    /// Takes metadata that is known otherwise, without discovery.
    ///
    /// # Errors
    /// When it is another issuer's.
    pub fn metadata(self, metadata: ServerMetadata) -> Result<Provider, Error> {
        same_issuer(&self.issuer, metadata.issuer.as_str())?;
        Ok(self.finish(Metadata::Given(Arc::new(metadata))))
    }

    fn finish(self, metadata: Metadata) -> Provider {
        let (source, issuer) = (metadata.clone(), self.issuer.clone());
        let jwks_uri = move || {
            let (source, issuer) = (source.clone(), issuer.clone());
            Box::pin(async move {
                let uri = source.get(&issuer).await?.jwks_uri.clone();
                uri.ok_or(Error::NotSupported { issuer: issuer.to_string(), member: "jwks_uri" })
            }) as _
        };
        let keys = Keys::located_by(
            Box::new(jwks_uri),
            self.issuer.as_str(),
            Arc::clone(&self.http),
            self.env.clone(),
            self.keys,
        );
        Provider {
            inner: Arc::new(Inner { issuer: self.issuer, metadata, keys, http: self.http, env: self.env }),
        }
    }
}

impl Metadata {
    async fn get(&self, issuer: &Issuer) -> Result<Arc<ServerMetadata>, Error> {
        let cache = match self {
            Self::Given(metadata) => return Ok(Arc::clone(metadata)),
            Self::Discovered(cache) => cache,
        };
        if let Some(fetched) = cache.current() {
            return Ok(Arc::clone(&fetched.value));
        }
        let failed = match cache.newer(None).await {
            Ok(()) => None,
            Err(NotNewer::Failed(error, _)) => Some(error),
            Err(NotNewer::Cooling(_)) => None,
        };
        match (cache.current(), failed) {
            (Some(fetched), _) => Ok(Arc::clone(&fetched.value)),
            (None, Some(error)) => Err(error),
            (None, None) => Err(Error::Unavailable {
                endpoint: issuer.openid_configuration(),
                status: 503,
                retry_after: Some(1),
            }),
        }
    }
}

/// Tries OpenID Connect Discovery first, and RFC 8414 where that is not served.
async fn fetch(issuer: &Issuer, http: &dyn HttpClient) -> Result<ServerMetadata, Error> {
    match fetch_from(&issuer.openid_configuration(), issuer, http).await {
        Err(Error::Malformed { status: 404 | 405 | 410, .. }) => {
            fetch_from(&issuer.oauth_authorization_server(), issuer, http).await
        }
        other => other,
    }
}

async fn fetch_from(url: &str, issuer: &Issuer, http: &dyn HttpClient) -> Result<ServerMetadata, Error> {
    let response = exchange(http, url, authenticate::get(url, None)?).await?;
    // The issuer is compared before anything else of the document is believed, even as a type.
    #[derive(Deserialize)]
    struct Named {
        issuer: String,
    }
    let named: Named = answer::json(url, &response)?;
    same_issuer(issuer, &named.issuer)?;
    answer::json(url, &response)
}

/// RFC 8414 §3.3: "The issuer value returned MUST be identical", byte for byte.
fn same_issuer(expected: &Issuer, got: &str) -> Result<(), Error> {
    if expected.as_str() == got {
        Ok(())
    } else {
        Err(Error::IssuerMismatch { difference: expected.difference(got) })
    }
}
