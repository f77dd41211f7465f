//! Accepts or refuses a presented token — RFC 6750 §2.1, RFC 9068 §4. Without a framework; the rest of the crate is around it.

use std::sync::Arc;

use hallpass_client::provider::Provider;
use hallpass_proto::bearer::{BearerError, parse_authorization};
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::scope::Scope;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::jwt::{JwtRules, Verifier};
use crate::keys::KeySource;
use crate::layer::ProtectLayer;
use crate::refusal::{Reason, Refused};
use crate::requirement::Requirement;
use crate::token::Token;

pub use hallpass_proto::jwt_access_token::TypRule;

/// Accepts the access tokens of one issuer that are for this resource. Cheap to clone; all clones share one cache.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use hallpass_client::provider::Provider;
/// use hallpass_resource::Protect;
///
/// let provider = Provider::discover("https://login.example.com").await?;
/// let protect = Protect::jwt(&provider).audience("https://api.example.com").build()?;
/// let token = protect.verify(Some("Bearer eyJ…")).await?;
/// println!("{} may {}", token.sub, token.scope);
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Protect {
    inner: Arc<Inner>,
}

struct Inner {
    verifier: Arc<Verifier>,
    provider: Option<Provider>,
    realm: Option<String>,
    /// Where the metadata of this resource is (RFC 9728 §5.1).
    resource_metadata: Option<String>,
}

/// How a [`Protect`] for JWT access tokens is put together.
pub struct JwtBuilder {
    issuer: Issuer,
    provider: Option<Provider>,
    keys: Arc<dyn KeySource>,
    env: Env,
    rules: JwtRules,
    audiences: Vec<String>,
    realm: Option<String>,
    resource_metadata: Option<String>,
}

/// Why a [`Protect`] cannot be put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProtectError {
    /// RFC 9068 §4: "The resource server MUST validate that the aud claim contains a resource indicator value
    /// corresponding to an identifier the resource server expects for itself."
    #[error("no audience: name this resource with .audience(…), as tokens for it have it in `aud`")]
    NoAudience,
    /// A symmetric algorithm: whoever could verify could also issue.
    #[error("{0} is symmetric: access tokens are accepted with asymmetric algorithms only")]
    Symmetric(SigningAlg),
    /// Nothing would ever be accepted.
    #[error("no algorithm is left to accept")]
    NoAlg,
}

impl Protect {
    /// Accepts JWT access tokens of a provider, with the keys that it publishes.
    pub fn jwt(provider: &Provider) -> JwtBuilder {
        let builder = Self::jwt_with_keys(provider.issuer().clone(), Arc::new(provider.keys().clone()))
            .env(provider.env().clone());
        JwtBuilder { provider: Some(provider.clone()), ..builder }
    }

    /// Accepts JWT access tokens of an issuer, with keys from anywhere.
    pub fn jwt_with_keys(issuer: Issuer, keys: Arc<dyn KeySource>) -> JwtBuilder {
        JwtBuilder {
            issuer,
            provider: None,
            keys,
            env: Env::system(),
            rules: JwtRules::default(),
            audiences: Vec::new(),
            realm: None,
            resource_metadata: None,
        }
    }

    /// Verifies the value of an `Authorization` header.
    ///
    /// # Errors
    /// [`Refused`] holds the status, the challenge and the reason.
    pub async fn verify(&self, authorization: Option<&str>) -> Result<Arc<Token>, Refused> {
        self.accept(authorization).await.map_err(|reason| self.refused(reason, None))
    }

    /// Verifies the credentials of a request, and that the token meets a requirement.
    ///
    /// Credentials are read from the `Authorization` header alone. RFC 9700 §4.3.2: "Clients MUST NOT pass access
    /// tokens in a URI query parameter"; one that is there anyway counts as nothing.
    ///
    /// # Errors
    /// [`Refused`] holds the status, the challenge with the scope that would do, and the reason.
    pub async fn authorize<R: Requirement>(&self, headers: &HeaderMap) -> Result<Arc<Token>, Refused> {
        let refused = |reason| self.refused(reason, Some(&R::first_choice()));
        let authorization = authorization(headers).map_err(refused)?;
        let token = self.accept(authorization).await.map_err(refused)?;
        R::check(&token.scope).map_err(|missing| refused(Reason::ScopeMissing { needed: missing.needed }))?;
        Ok(token)
    }

    /// A layer that gives this to every request, for the `Auth` extractor of the `axum` feature to find; with
    /// [`require`](ProtectLayer::require) it also refuses requests by itself, in any `tower` program.
    pub fn layer(&self) -> ProtectLayer {
        ProtectLayer::new(self.clone())
    }

    /// How many verified tokens are remembered at present.
    pub fn remembered(&self) -> usize {
        self.inner.verifier.remembered()
    }

    /// Whose tokens are accepted.
    pub fn issuer(&self) -> &Issuer {
        self.inner.verifier.issuer()
    }

    /// The identifiers of this resource, one of which `aud` must hold.
    pub fn audiences(&self) -> &[String] {
        self.inner.verifier.audiences()
    }

    /// The provider that this was made from; none where the keys came from elsewhere.
    pub fn provider(&self) -> Option<&Provider> {
        self.inner.provider.as_ref()
    }

    /// The same, with challenges that say where the metadata of this resource is. The cache stays shared.
    #[cfg(feature = "axum")]
    pub(crate) fn with_resource_metadata(&self, url: String) -> Self {
        let inner = Inner {
            verifier: Arc::clone(&self.inner.verifier),
            provider: self.inner.provider.clone(),
            realm: self.inner.realm.clone(),
            resource_metadata: Some(url),
        };
        Self { inner: Arc::new(inner) }
    }

    #[cfg(feature = "axum")]
    pub(crate) fn resource_metadata(&self) -> Option<&str> {
        self.inner.resource_metadata.as_deref()
    }

    async fn accept(&self, authorization: Option<&str>) -> Result<Arc<Token>, Reason> {
        let token = parse_authorization(authorization).map_err(|error| match error {
            BearerError::Absent => Reason::NothingPresented,
            BearerError::Malformed => Reason::Malformed,
        })?;
        self.inner.verifier.verify(&token).await
    }

    pub(crate) fn refused(&self, reason: Reason, scope: Option<&Scope>) -> Refused {
        Refused::new(reason, self.inner.realm.as_deref(), scope)
            .with_resource_metadata(self.inner.resource_metadata.as_deref())
    }
}

impl std::fmt::Debug for Protect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Protect")
    }
}

/// The one `Authorization` header. Two of them are two methods at once (RFC 6750 §2: "Clients MUST NOT use more
/// than one method"), and which of them a proxy in front has looked at is anybody's guess.
fn authorization(headers: &HeaderMap) -> Result<Option<&str>, Reason> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Reason::Repeated);
    }
    value.to_str().map(Some).map_err(|_| Reason::Malformed)
}

impl JwtBuilder {
    /// This resource's identifier, one of which `aud` must hold. Call it again for more.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Which `typ` a token must have. [`TypRule::Strict`] unless the issuer is older than RFC 9068: with
    /// [`TypRule::Lenient`] only its claims tell an access token from an ID token.
    pub fn typ(mut self, rule: TypRule) -> Self {
        self.rules.typ = rule;
        self
    }

    /// Which algorithms are accepted; all asymmetric ones unless it is called. The key must fit as well.
    pub fn algs(mut self, algs: impl IntoIterator<Item = SigningAlg>) -> Self {
        self.rules.algs = algs.into_iter().collect();
        self
    }

    /// How many seconds a token is accepted past its `exp`. Default 5: it is for the clocks, not for the token.
    pub fn exp_leeway(mut self, seconds: i64) -> Self {
        self.rules.exp_leeway = seconds;
        self
    }

    /// How many seconds `nbf` and `iat` may lie ahead of this clock. Default 60.
    pub fn nbf_leeway(mut self, seconds: i64) -> Self {
        self.rules.nbf_leeway = seconds;
        self
    }

    /// What is protected, in words: the `realm` of challenges.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// Where the metadata of this resource is (RFC 9728 §5.1): the `resource_metadata` of challenges. An `Api`
    /// serves them, and says so by itself.
    pub fn resource_metadata(mut self, url: impl Into<String>) -> Self {
        self.resource_metadata = Some(url.into());
        self
    }

    /// How many verified tokens are remembered, at most and about. Default 10 000; with 0 every signature is checked.
    pub fn remember(mut self, tokens: usize) -> Self {
        self.rules.remember = tokens;
        self
    }

    /// Another clock than the provider's.
    pub fn env(mut self, env: Env) -> Self {
        self.env = env;
        self
    }

    /// Done.
    ///
    /// # Errors
    /// When there is no audience, or an algorithm that is not for this.
    pub fn build(self) -> Result<Protect, ProtectError> {
        if self.audiences.is_empty() {
            return Err(ProtectError::NoAudience);
        }
        if self.rules.algs.is_empty() {
            return Err(ProtectError::NoAlg);
        }
        if let Some(alg) = self.rules.algs.iter().find(|alg| alg.is_symmetric()) {
            return Err(ProtectError::Symmetric(*alg));
        }
        let verifier = Verifier::new(self.issuer, self.audiences, self.rules, self.keys, self.env);
        let inner = Inner {
            verifier: Arc::new(verifier),
            provider: self.provider,
            realm: self.realm,
            resource_metadata: self.resource_metadata,
        };
        Ok(Protect { inner: Arc::new(inner) })
    }
}
