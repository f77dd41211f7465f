//! The ID token at the client — OpenID Connect Core §3.1.3.7, in the order of that list.

use std::sync::Arc;

use hallpass_proto::id_token::{IdTokenRules, Requirement};
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{CompactJws, VerifyingKey};
use hallpass_proto::jose::jwt::JwtError;
use hallpass_proto::secret::Secret;

use crate::client::Client;
use crate::error::Error;
use crate::tokens::IdToken;

/// What an ID token has to agree with.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The `nonce` of the request. RFC: when one was sent, it must come back.
    pub nonce: Option<&'a str>,
    /// The access token that came with it: `at_hash` must be its hash when it is there.
    pub access_token: Option<&'a Secret>,
    /// The authentication may be so many seconds old.
    pub max_age: Option<i64>,
    /// Whether `at_hash` must be there.
    pub at_hash: Requirement,
}

impl Default for Expected<'_> {
    fn default() -> Self {
        Self { nonce: None, access_token: None, max_age: None, at_hash: Requirement::IfPresent }
    }
}

impl Client {
    /// Checks an ID token: the algorithm that is expected of this issuer, the signature by one of its keys, and
    /// every claim.
    ///
    /// # Errors
    /// [`Error::IdToken`] names the rule that it breaks; [`Error::Keys`] when there is no key to check it with.
    pub async fn verify_id_token(&self, raw: &Secret, expected: Expected<'_>) -> Result<IdToken, Error> {
        let jws = CompactJws::parse(raw.expose())?;
        let rules = IdTokenRules {
            nonce: expected.nonce,
            leeway: self.leeway(),
            max_age: expected.max_age,
            access_token: expected.access_token.map(|token| token.expose().as_str()),
            at_hash: expected.at_hash,
            ..IdTokenRules::new(self.provider().issuer(), self.client_id(), self.id_token_alg())
        };
        // The algorithm is the one of the registration; the header only may agree (RFC 8725 §3.1).
        let (found, expected) = (jws.header().alg, rules.alg);
        if found != expected {
            return Err(JwtError::AlgNotAgreed { found, expected }.into());
        }
        let key = self.id_token_key(jws.header().kid.as_deref(), expected).await?;
        let checked = rules.verify(&jws, &key, self.env().now())?;
        Ok(IdToken { raw: raw.clone(), claims: checked.claims, checks: checked.checks })
    }

    pub(crate) async fn id_token_key(
        &self,
        kid: Option<&str>,
        alg: SigningAlg,
    ) -> Result<Arc<VerifyingKey>, Error> {
        match self.secret().filter(|_| alg.is_symmetric()) {
            // OpenID Connect Core §10.1: HMAC with the octets of the client_secret.
            Some(secret) => {
                let key = VerifyingKey::hmac(alg, secret.expose().as_bytes());
                Ok(Arc::new(key.map_err(|_| JwtError::AlgDiffers(alg))?))
            }
            None => Ok(self.provider().keys().get(kid, alg).await?),
        }
    }
}
