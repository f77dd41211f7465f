//! ID tokens — OpenID Connect Core §2, §3.1.3.6, §3.2.2.10, §3.3.2.11.

use hallpass_proto::env::Time;
use hallpass_proto::id_token::{IdTokenClaims, half_hash};
use hallpass_proto::jose::jwt::Audience;
use hallpass_proto::secret::Secret;
use hallpass_proto::userinfo::Claims;

use crate::core::Core;
use crate::entity::client::Client;
use crate::entity::grant::Grant;
use crate::fault::Fault;
use crate::issue::protection::Protection;
use crate::issue::subject::subject;

/// What an ID token is made of.
pub(crate) struct IdToken<'a> {
    pub(crate) client: &'a Client,
    pub(crate) grant: &'a Grant,
    pub(crate) nonce: Option<&'a str>,
    /// Issued with it: gives `at_hash`.
    pub(crate) access_token: Option<&'a Secret>,
    /// Issued with it: gives `c_hash`.
    pub(crate) code: Option<&'a Secret>,
    /// Claims about the person that stand in the token itself.
    pub(crate) claims: Claims,
}

impl IdToken<'_> {
    /// Signs it, and encrypts it for a client that wants that. §3.1.3.6: the hashes are those of the `alg`, so a token
    /// that nobody signs has none.
    pub(crate) fn sign(self, core: &Core, protection: &Protection, now: Time) -> Result<Secret, Fault> {
        let hash =
            |secret: Option<&Secret>| secret.zip(protection.alg()).map(|(s, alg)| half_hash(alg, s.expose()));
        let claims = IdTokenClaims {
            iss: core.config.issuer.as_str().to_owned(),
            sub: subject(core, self.client, &self.grant.user_id),
            aud: Audience::from(vec![self.client.client_id.clone()]),
            exp: now + core.config.id_token_lifetime,
            iat: now,
            auth_time: Some(self.grant.auth_time),
            nonce: self.nonce.map(str::to_owned),
            acr: self.grant.acr.clone(),
            amr: self.grant.amr.clone(),
            azp: None,
            at_hash: hash(self.access_token),
            c_hash: hash(self.code),
            s_hash: None,
            sid: self.grant.sid.clone(),
            extra: self.claims.0,
        };
        protection.protect(core, &claims)
    }
}
