//! The logout token at the client — OpenID Connect Back-Channel Logout 1.0 §2.6.

use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::logout_token::{LogoutTokenClaims, LogoutTokenRules};

use crate::client::Client;
use crate::error::Error;

impl Client {
    /// Checks a logout token that the issuer has sent: the algorithm that is expected of its ID tokens, the signature by
    /// one of its keys, and every claim. That its `jti` did not come before is the caller's to see; the login engine
    /// does.
    ///
    /// # Errors
    /// [`Error::IdToken`] names the rule that it breaks; [`Error::Keys`] when there is no key to check it with.
    pub async fn verify_logout_token(&self, raw: &str) -> Result<LogoutTokenClaims, Error> {
        let jws = CompactJws::parse(raw)?;
        let rules = LogoutTokenRules {
            issuer: self.provider().issuer(),
            client_id: self.client_id(),
            alg: self.id_token_alg(),
            leeway: self.leeway(),
        };
        rules.check_header(jws.header())?;
        let key = self.id_token_key(jws.header().kid.as_deref(), rules.alg).await?;
        Ok(rules.verify(&jws, &key, self.env().now())?)
    }
}
