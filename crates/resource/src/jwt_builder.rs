//! How a [`Protect`] for JWT access tokens is put together.

use std::sync::Arc;

use hallpass_client::provider::Provider;
use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jwt_access_token::TypRule;

use crate::acceptor::Acceptor;
use crate::jwt::{JwtRules, Verifier};
use crate::keys::KeySource;
use crate::protect::{Protect, ProtectError};

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

impl JwtBuilder {
    pub(crate) fn new(
        issuer: Issuer,
        provider: Option<Provider>,
        keys: Arc<dyn KeySource>,
        env: Env,
    ) -> Self {
        Self {
            issuer,
            provider,
            keys,
            env,
            rules: JwtRules::default(),
            audiences: Vec::new(),
            realm: None,
            resource_metadata: None,
        }
    }

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

    /// In which claim the scope stands, when it is not `scope`: `scp`. A text or a list; one that lies deeper is named
    /// with dots. Call it again for more, which are added up.
    pub fn scopes_from(mut self, claim: impl Into<String>) -> Self {
        self.rules.mapping.scopes_from.push(claim.into());
        self
    }

    /// In which claim the roles stand, for [`Role`](crate::Role): `roles`, `realm_access.roles`. Call it again for more.
    pub fn roles_from(mut self, claim: impl Into<String>) -> Self {
        self.rules.mapping.roles_from.push(claim.into());
        self
    }

    /// Which claim names the client, when the issuer is older than RFC 9068 and has no `client_id`: `azp`, `appid`,
    /// `cid`. A token with a claim that only ID tokens have (`nonce`, `at_hash`, `c_hash`) is then refused.
    pub fn client_id_from(mut self, claim: impl Into<String>) -> Self {
        self.rules.client_id_claim = claim.into();
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
        let verifier = Verifier::new(self.issuer, self.audiences, self.rules, self.keys, self.env.clone());
        let acceptor = Acceptor::Jwt { verifier: Arc::new(verifier), provider: self.provider };
        Ok(Protect::of(acceptor, self.realm, self.resource_metadata, self.env))
    }
}
