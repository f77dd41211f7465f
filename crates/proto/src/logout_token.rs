//! Logout tokens — OpenID Connect Back-Channel Logout 1.0 §2.4, §2.6.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::env::Time;
use crate::issuer::Issuer;
use crate::jose::alg::SigningAlg;
use crate::jose::jws::{CompactJws, Header, VerifyingKey};
use crate::jose::jwt::{Audience, ClaimsObject, JwtError};

/// `typ` of a logout token (§2.4).
pub const TYP: &str = "logout+jwt";

/// The member of `events` that makes a token a logout token.
pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";

/// The parameter that carries it (§2.5).
pub const LOGOUT_TOKEN: &str = "logout_token";

/// How long a logout token that is issued is good, in seconds. §2.4: "preferably at most two minutes in the future".
pub const LIFETIME: i64 = 120;

/// The claims of a logout token. There is `sub`, or `sid`, or both, and never a `nonce`, which keeps it from being
/// taken for an ID token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogoutTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// The person who is signed out. Without `sid`: everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sub: Option<String>,
    /// Which client it is for.
    pub aud: Audience,
    /// When it was issued.
    pub iat: Time,
    /// When it ends.
    pub exp: Time,
    /// Its identifier.
    pub jti: String,
    /// What happened: has the member [`EVENT`].
    pub events: Map<String, Value>,
    /// The session at the issuer that has ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
}

impl LogoutTokenClaims {
    /// `events` with the one member that says it: an empty object.
    pub fn events() -> Map<String, Value> {
        Map::from_iter([(EVENT.to_owned(), Value::Object(Map::new()))])
    }
}

/// What a logout token must be to be accepted (§2.6). That its `jti` comes once is for the caller to see.
#[derive(Clone, Copy, Debug)]
pub struct LogoutTokenRules<'a> {
    /// `iss`, byte for byte.
    pub issuer: &'a Issuer,
    /// Must be in `aud`.
    pub client_id: &'a str,
    /// What the client's ID tokens are signed with: §2.6 wants the same of its logout tokens.
    pub alg: SigningAlg,
    /// Seconds by which the clocks may differ.
    pub leeway: i64,
}

impl LogoutTokenRules<'_> {
    /// Verifies the signature and checks the claims.
    pub fn verify(
        &self,
        jws: &CompactJws<'_>,
        key: &VerifyingKey,
        now: Time,
    ) -> Result<LogoutTokenClaims, JwtError> {
        self.check(jws.header(), jws.verify(key)?, now)
    }

    /// Checks header and payload of a token whose signature has been verified.
    pub fn check(&self, header: &Header, payload: &[u8], now: Time) -> Result<LogoutTokenClaims, JwtError> {
        self.check_header(header)?;
        let object = ClaimsObject::parse(payload)?;
        let text = |name| object.string(name).map(|text| text.map(str::to_owned));
        let aud = object.audience()?;
        if !aud.contains(self.client_id) {
            return Err(JwtError::AudienceDiffers { found: aud, expected: self.client_id.to_owned() });
        }
        let claims = LogoutTokenClaims {
            iss: object.issued_by(self.issuer)?,
            aud,
            iat: object.begun(now, self.leeway)?,
            exp: object.not_expired(now, self.leeway)?,
            sub: object.get("sub").map(|_| object.subject()).transpose()?,
            sid: text("sid")?,
            events: events(&object)?,
            jti: object.required_string("jti")?.to_owned(),
        };
        if claims.sub.is_none() && claims.sid.is_none() {
            return Err(JwtError::ClaimMissing("sub or sid"));
        }
        if object.get("nonce").is_some() {
            return Err(JwtError::ClaimUnexpected("nonce"));
        }
        Ok(claims)
    }

    /// What can be said before a key is looked up.
    ///
    /// §2.4: `typ` "is RECOMMENDED", so there are issuers that send `JWT` or none. Their tokens are told from ID tokens
    /// by `events` and `nonce`; the `typ` of any other kind of token is refused.
    pub fn check_header(&self, header: &Header) -> Result<(), JwtError> {
        if header.alg != self.alg {
            return Err(JwtError::AlgNotAgreed { found: header.alg, expected: self.alg });
        }
        if header.typ.is_some() && !header.typ_is(TYP) && !header.typ_is("jwt") {
            return Err(JwtError::TypDiffers { found: header.typ.clone(), expected: TYP });
        }
        Ok(())
    }
}

/// §2.4: "a JSON object containing the member name" [`EVENT`], whose value "MUST be a JSON object".
fn events(object: &ClaimsObject) -> Result<Map<String, Value>, JwtError> {
    let events = object.get("events").ok_or(JwtError::ClaimMissing("events"))?;
    match events.as_object() {
        Some(events) if events.get(EVENT).is_some_and(Value::is_object) => Ok(events.clone()),
        Some(_) | None => Err(JwtError::ClaimType("events", "an object with the event of a logout")),
    }
}
