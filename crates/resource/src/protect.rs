//! Accepts or refuses a presented token — RFC 6750 §2.1, RFC 9068 §4. Without a framework; the rest of the crate is around it.

use std::sync::Arc;

use hallpass_client::client::Client;
use hallpass_client::provider::Provider;
use hallpass_proto::bearer::{BearerError, parse_authorization};
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::scope::Scope;
use http::HeaderMap;
use http::header::AUTHORIZATION;

use crate::acceptor::{Acceptor, Acceptors};
use crate::deny::DenyList;
use crate::introspect::IntrospectBuilder;
use crate::jwt_builder::JwtBuilder;
use crate::keys::KeySource;
use crate::layer::ProtectLayer;
use crate::refusal::{Reason, Refused};
use crate::requirement::{Presented, Requirement};
use crate::token::Token;

pub use hallpass_proto::jwt_access_token::TypRule;

/// Accepts the access tokens of one issuer, or of several, that are for this resource. Cheap to clone; all clones share one cache.
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
    acceptors: Arc<Acceptors>,
    deny: Vec<Arc<dyn DenyList>>,
    realm: Option<String>,
    /// Where the metadata of this resource is (RFC 9728 §5.1).
    resource_metadata: Option<String>,
    env: Env,
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
    /// [`Protect::any`] of nothing.
    #[error("nothing to accept tokens by: give at least one Protect")]
    Nothing,
}

impl Protect {
    /// Accepts JWT access tokens of a provider, with the keys that it publishes.
    pub fn jwt(provider: &Provider) -> JwtBuilder {
        let keys = Arc::new(provider.keys().clone());
        JwtBuilder::new(provider.issuer().clone(), Some(provider.clone()), keys, provider.env().clone())
    }

    /// Accepts JWT access tokens of an issuer, with keys from anywhere.
    pub fn jwt_with_keys(issuer: Issuer, keys: Arc<dyn KeySource>) -> JwtBuilder {
        JwtBuilder::new(issuer, None, keys, Env::system())
    }

    /// Accepts whatever tokens the client's provider says are active (RFC 7662): opaque ones, and those that must be
    /// known to be revoked at once. Answers are remembered for a short while.
    pub fn introspect(client: &Client) -> IntrospectBuilder {
        IntrospectBuilder::new(client)
    }

    /// Accepts what any of these accepts. A JWT is for the one of its issuer, and for no other; what is no JWT, or of an
    /// issuer that none verifies, is for those that ask theirs (in this order). Realm, metadata and clock are those of
    /// the first; all deny lists count.
    ///
    /// ```no_run
    /// # use hallpass_client::{client::Client, provider::Provider};
    /// # use hallpass_resource::{Protect, ProtectError};
    /// # fn both(a: &Provider, b: &Provider, at_c: &Client) -> Result<Protect, ProtectError> {
    /// let api = "https://api.example.com";
    /// let protect = Protect::any([
    ///     Protect::jwt(a).audience(api).build()?,
    ///     Protect::jwt(b).audience(api).scopes_from("scp").roles_from("realm_access.roles").build()?,
    ///     Protect::introspect(at_c).build(),
    /// ])?;
    /// # Ok(protect) }
    /// ```
    ///
    /// # Errors
    /// When there is none.
    pub fn any(all: impl IntoIterator<Item = Self>) -> Result<Self, ProtectError> {
        let all: Vec<Self> = all.into_iter().collect();
        let first = all.first().ok_or(ProtectError::Nothing)?.inner.clone();
        let acceptors = all.iter().flat_map(|one| one.inner.acceptors.iter().cloned()).collect();
        let inner = Inner {
            acceptors: Arc::new(Acceptors::new(acceptors)),
            deny: all.iter().flat_map(|one| one.inner.deny.iter().cloned()).collect(),
            realm: first.realm.clone(),
            resource_metadata: first.resource_metadata.clone(),
            env: first.env.clone(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Of one acceptor.
    pub(crate) fn of(acceptor: Acceptor, realm: Option<String>, metadata: Option<String>, env: Env) -> Self {
        let acceptors = Arc::new(Acceptors::new(vec![acceptor]));
        let inner = Inner { acceptors, deny: Vec::new(), realm, resource_metadata: metadata, env };
        Self { inner: Arc::new(inner) }
    }

    /// The same, and what the list denies is refused. The memory of verified tokens stays shared.
    #[must_use]
    pub fn deny(&self, list: Arc<dyn DenyList>) -> Self {
        let mut deny = self.inner.deny.clone();
        deny.push(list);
        self.with(|inner| inner.deny = deny)
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
        R::check(&Presented::of(&token, self.inner.env.now())).map_err(|missing| refused(missing.into()))?;
        Ok(token)
    }

    /// A layer that gives this to every request, for the `Auth` extractor of the `axum` feature to find; with
    /// [`require`](ProtectLayer::require) it also refuses requests by itself, in any `tower` program.
    pub fn layer(&self) -> ProtectLayer {
        ProtectLayer::new(self.clone())
    }

    /// How many tokens are remembered at present.
    pub fn remembered(&self) -> usize {
        self.inner.acceptors.iter().map(Acceptor::remembered).sum()
    }

    /// Whose tokens are accepted, each issuer once.
    pub fn issuers(&self) -> Vec<&Issuer> {
        let mut issuers: Vec<&Issuer> = Vec::new();
        for issuer in self.inner.acceptors.iter().map(Acceptor::issuer) {
            if !issuers.contains(&issuer) {
                issuers.push(issuer);
            }
        }
        issuers
    }

    /// The identifiers of this resource, one of which `aud` must hold.
    pub fn audiences(&self) -> Vec<&str> {
        let mut audiences: Vec<&str> = Vec::new();
        for audience in self.inner.acceptors.iter().flat_map(Acceptor::audiences) {
            if !audiences.contains(&audience.as_str()) {
                audiences.push(audience);
            }
        }
        audiences
    }

    /// The provider that this was made from, the first of several; none where the keys came from elsewhere.
    pub fn provider(&self) -> Option<&Provider> {
        self.inner.acceptors.iter().find_map(Acceptor::provider)
    }

    /// The same, with challenges that say where the metadata of this resource is. The cache stays shared.
    #[cfg(feature = "axum")]
    pub(crate) fn with_resource_metadata(&self, url: String) -> Self {
        self.with(|inner| inner.resource_metadata = Some(url))
    }

    fn with(&self, change: impl FnOnce(&mut Inner)) -> Self {
        let mut inner = Inner {
            acceptors: Arc::clone(&self.inner.acceptors),
            deny: self.inner.deny.clone(),
            realm: self.inner.realm.clone(),
            resource_metadata: self.inner.resource_metadata.clone(),
            env: self.inner.env.clone(),
        };
        change(&mut inner);
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
        let token = self.inner.acceptors.accept(&token).await?;
        if self.inner.deny.iter().any(|list| list.denies(&token)) {
            return Err(Reason::Denied);
        }
        Ok(token)
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
