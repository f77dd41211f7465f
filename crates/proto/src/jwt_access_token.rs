//! Access tokens that a resource server reads by itself — RFC 9068.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::env::Time;
use crate::issuer::Issuer;
use crate::jose::jws::{CompactJws, Header, VerifyingKey};
use crate::jose::jwt::{Audience, ClaimsObject, JwtError};
use crate::scope::Scope;

/// `typ` of an access token (§2.1).
pub const TYP: &str = "at+jwt";

/// The claim that names the client (§2.2).
pub const CLIENT_ID: &str = "client_id";

/// Claims of ID tokens alone (OpenID Connect Core §2, §3.1.3.6, §3.3.2.11).
const OF_ID_TOKENS: [&str; 3] = ["nonce", "at_hash", "c_hash"];

/// The claims that have a field of their own.
const NAMES: [&str; 11] =
    ["iss", "sub", "aud", "client_id", "exp", "iat", "jti", "scope", "auth_time", "acr", "amr"];

/// The claims of an access token (§2.2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AccessTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about: a person, or the client when it acts for itself.
    pub sub: String,
    /// Which resource servers it is for.
    pub aud: Audience,
    /// Which client it was issued to.
    pub client_id: String,
    /// When it ends.
    pub exp: Time,
    /// When it was issued.
    pub iat: Time,
    /// Its identifier.
    pub jti: String,
    /// What it allows (§2.2.3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Scope>,
    /// When the person signed in (§2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Time>,
    /// How well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Further claims. One named like a field above is not written.
    #[serde(flatten, serialize_with = "write_extra")]
    pub extra: Map<String, Value>,
}

/// Which `typ` a resource server accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TypRule {
    /// §4: `at+jwt` or `application/at+jwt`, nothing else.
    #[default]
    Strict,
    /// Also `JWT` and none at all, for issuers that are older than RFC 9068. The claims must be those of an access token
    /// all the same: an ID token has no `client_id`.
    Lenient,
}

/// What an access token must be to be accepted (§4).
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenRules<'a> {
    /// `iss`, byte for byte.
    pub issuer: &'a Issuer,
    /// One of these must be in `aud`.
    pub audiences: &'a [String],
    /// How many seconds after `exp` it is still accepted.
    pub exp_leeway: i64,
    /// By how many seconds `nbf` and `iat` may lie in the future.
    pub nbf_leeway: i64,
    /// Which `typ`.
    pub typ: TypRule,
    /// Which claim names the client: [`CLIENT_ID`], or what an issuer that is older than RFC 9068 has in its place, such
    /// as `azp`. With another than `client_id`, a token with a claim that only ID tokens have is refused.
    pub client_id_claim: &'a str,
}

impl AccessTokenRules<'_> {
    /// Verifies the signature and checks the claims.
    pub fn verify(
        &self,
        jws: &CompactJws<'_>,
        key: &VerifyingKey,
        now: Time,
    ) -> Result<AccessTokenClaims, JwtError> {
        self.check(jws.header(), jws.verify(key)?, now)
    }

    /// Checks header and payload of a token whose signature has been verified.
    pub fn check(&self, header: &Header, payload: &[u8], now: Time) -> Result<AccessTokenClaims, JwtError> {
        self.check_object(header, &ClaimsObject::parse(payload)?, now)
    }

    /// The same for a payload that was parsed before.
    pub fn check_object(
        &self,
        header: &Header,
        claims: &ClaimsObject,
        now: Time,
    ) -> Result<AccessTokenClaims, JwtError> {
        self.check_header(header)?;
        let iss = claims.issued_by(self.issuer)?;
        let aud = claims.audience()?;
        if !self.audiences.iter().any(|audience| aud.contains(audience)) {
            return Err(JwtError::AudienceDiffers { found: aud, expected: self.audiences.join(" or ") });
        }
        let exp = claims.not_expired(now, self.exp_leeway)?;
        let iat = claims.begun(now, self.nbf_leeway)?;
        let scope = claims.string("scope")?.map(str::parse).transpose();
        let client_id = match claims.get(self.client_id_claim) {
            None => return Err(JwtError::ClaimMissing(CLIENT_ID)),
            Some(Value::String(client_id)) => client_id.clone(),
            Some(_) => return Err(JwtError::ClaimType(CLIENT_ID, "a string")),
        };
        if self.client_id_claim != CLIENT_ID && OF_ID_TOKENS.iter().any(|name| claims.get(name).is_some()) {
            return Err(JwtError::ClaimMissing(CLIENT_ID));
        }
        let jti = match self.typ {
            TypRule::Strict => claims.required_string("jti")?,
            TypRule::Lenient => claims.string("jti")?.unwrap_or_default(),
        };
        Ok(AccessTokenClaims {
            iss,
            sub: claims.subject()?,
            aud,
            client_id,
            exp,
            iat,
            jti: jti.to_owned(),
            scope: scope.map_err(|_| JwtError::ClaimType("scope", "scope tokens separated by spaces"))?,
            auth_time: claims.date("auth_time")?,
            acr: claims.string("acr")?.map(str::to_owned),
            amr: claims.strings("amr")?,
            extra: claims.without(&NAMES),
        })
    }

    /// What can be said before a key is looked up: the `typ`, and that the algorithm is of a key pair.
    pub fn check_header(&self, header: &Header) -> Result<(), JwtError> {
        let fits = match self.typ {
            TypRule::Strict => header.typ_is(TYP),
            TypRule::Lenient => header.typ.is_none() || header.typ_is(TYP) || header.typ_is("jwt"),
        };
        if !fits {
            return Err(JwtError::TypDiffers { found: header.typ.clone(), expected: TYP });
        }
        // §2.1: "JWT access tokens MUST be signed"; §4: with the keys that the issuer publishes, which no secret is.
        if header.alg.is_symmetric() { Err(JwtError::AlgSymmetric(header.alg)) } else { Ok(()) }
    }
}

fn write_extra<S: serde::Serializer>(extra: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(extra.iter().filter(|(name, _)| !NAMES.contains(&name.as_str())))
}
