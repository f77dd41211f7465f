//! JWT access tokens — RFC 9068: what stands in one, and how a resource server checks it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::env::Time;
use crate::issuer::Issuer;
use crate::jose::jws::{CompactJws, VerifyingKey};
use crate::jose::jwt::{Audience, ClaimsObject, JwtError, check_times};
use crate::scope::Scope;

/// The claims of an access token (§2.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about: a person, or the client itself.
    pub sub: String,
    /// Which resources it is for.
    pub aud: Audience,
    /// Which client it was issued to.
    pub client_id: String,
    /// When it ends.
    pub exp: Time,
    /// When it was issued.
    pub iat: Time,
    /// Its identifier.
    pub jti: String,
    /// What it allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// When the person proved who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Time>,
    /// How well they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// How they did.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// Whether `typ` must say that it is an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypRule {
    /// §4: `at+jwt` or `application/at+jwt`, and all required claims are there.
    Strict,
    /// Also `JWT` or none, for issuers from before RFC 9068: their ID tokens and access tokens look alike, so the
    /// audience alone tells them apart. `client_id`, `iat` and `jti` may be missing.
    Lenient,
}

/// What a resource server expects of an access token.
#[derive(Clone, Debug)]
pub struct AccessTokenRules {
    /// Who must have issued it.
    pub issuer: Issuer,
    /// One of these must be in `aud`.
    pub audience: Vec<String>,
    /// How far clocks may differ, in seconds.
    pub leeway: i64,
    /// Whether `typ` must say so.
    pub typ: TypRule,
}

impl AccessTokenRules {
    /// Checks a token whole (§4): type, signature, issuer, audience, times.
    pub fn check(
        &self,
        token: &CompactJws<'_>,
        key: &VerifyingKey,
        now: Time,
    ) -> Result<AccessTokenClaims, JwtError> {
        self.check_header(token)?;
        self.check_claims(token.verify(key)?, now)
    }

    /// What can be said before a key is fetched: the type, and that the algorithm is asymmetric.
    pub fn check_header(&self, token: &CompactJws<'_>) -> Result<(), JwtError> {
        let header = token.header();
        if header.alg.is_symmetric() {
            return Err(JwtError::AlgUnexpected { expected: "an asymmetric alg", got: header.alg.as_str() });
        }
        let typ = header.typ.as_deref().map(str::to_ascii_lowercase);
        match (typ.as_deref(), self.typ) {
            (Some("at+jwt" | "application/at+jwt"), _) => Ok(()),
            (None | Some("jwt" | "application/jwt"), TypRule::Lenient) => Ok(()),
            (typ, _) => Err(JwtError::Typ(typ.unwrap_or_default().to_owned())),
        }
    }

    /// Checks the claims of a payload whose signature has been verified.
    pub fn check_claims(&self, payload: &[u8], now: Time) -> Result<AccessTokenClaims, JwtError> {
        let mut claims = ClaimsObject::parse(payload)?;
        let iss = claims.require_text("iss")?;
        if iss != self.issuer.as_str() {
            return Err(JwtError::Issuer(self.issuer.difference(&iss)));
        }
        let aud = claims.audience()?;
        if !self.audience.iter().any(|own| aud.contains(own)) {
            return Err(JwtError::Audience);
        }
        let exp = claims.require_time("exp")?;
        let nbf = claims.time("nbf")?;
        let iat = claims.time("iat")?;
        check_times(exp, &[("nbf", nbf), ("iat", iat)], self.leeway, now)?;
        let strict = |name, value: Option<String>| match (value, self.typ) {
            (Some(value), _) => Ok(value),
            (None, TypRule::Lenient) => Ok(String::new()),
            (None, TypRule::Strict) => Err(JwtError::ClaimMissing(name)),
        };
        let iat = match (iat, self.typ) {
            (Some(iat), _) => iat,
            (None, TypRule::Lenient) => now,
            (None, TypRule::Strict) => return Err(JwtError::ClaimMissing("iat")),
        };
        let scope = claims.text("scope")?.map(|scope| scope.parse());
        Ok(AccessTokenClaims {
            iss,
            sub: claims.require_text("sub")?,
            aud,
            client_id: strict("client_id", claims.text("client_id")?)?,
            exp,
            iat,
            jti: strict("jti", claims.text("jti")?)?,
            scope: scope.transpose().map_err(|_| JwtError::ClaimType("scope"))?,
            auth_time: claims.time("auth_time")?,
            acr: claims.text("acr")?,
            amr: claims.texts("amr")?,
            extra: claims.rest(),
        })
    }
}
