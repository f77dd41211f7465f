//! ID tokens — OpenID Connect Core §2, §3.1.3.7, §3.2.2.11, §3.3.2.11.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::env::Time;
use crate::issuer::Issuer;
use crate::jose::alg::SigningAlg;
use crate::jose::jws::{CompactJws, Header, VerifyingKey};
use crate::jose::jwt::{Audience, ClaimsObject, JwtError};

/// The claims that have a field of their own.
const NAMES: [&str; 14] = [
    "iss",
    "sub",
    "aud",
    "exp",
    "iat",
    "auth_time",
    "nonce",
    "acr",
    "amr",
    "azp",
    "at_hash",
    "c_hash",
    "s_hash",
    "sid",
];

/// The claims of an ID token (§2).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// The person.
    pub sub: String,
    /// Which client it is for.
    pub aud: Audience,
    /// When it ends.
    pub exp: Time,
    /// When it was issued.
    pub iat: Time,
    /// When the person signed in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Time>,
    /// From the authorization request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// How well the person was authenticated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// By which means (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Which client asked for it, when `aud` holds several.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// The [`half_hash`] of the access token that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// The [`half_hash`] of the code that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// The [`half_hash`] of `state` (FAPI 1.0 Advanced §5.2.2.1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s_hash: Option<String>,
    /// The session at the issuer (OpenID Connect Front-Channel Logout §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Claims about the person and others. One named like a field above is not written.
    #[serde(flatten, serialize_with = "write_extra")]
    pub extra: Map<String, Value>,
}

/// §3.1.3.6: "the left-most half of the hash of the octets of the ASCII representation", in base64url. The hash is the
/// one of the ID token's `alg`; for EdDSA that is SHA-512.
pub fn half_hash(alg: SigningAlg, input: &str) -> String {
    let hash = digest(alg.digest(), input.as_bytes());
    let (half, _) = hash.as_ref().split_at(hash.as_ref().len() / 2);
    URL_SAFE_NO_PAD.encode(half)
}

/// Whether a claim must be there, or is only checked when it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requirement {
    /// It must be there. §3.2.2.10, §3.3.2.11: the ID token comes through the browser, beside an access token or code.
    Required,
    /// It is checked when it is there. §3.1.3.6: the ID token comes from the token endpoint.
    IfPresent,
}

/// What an ID token must be to be accepted (§3.1.3.7).
#[derive(Clone, Copy, Debug)]
pub struct IdTokenRules<'a> {
    /// `iss`, byte for byte.
    pub issuer: &'a Issuer,
    /// Must be in `aud`.
    pub client_id: &'a str,
    /// What the authorization request had. `None` for an ID token that comes with a refresh.
    pub nonce: Option<&'a str>,
    /// What the client is registered for (RS256 unless it says otherwise). Never taken from the token.
    pub alg: SigningAlg,
    /// Seconds by which the clocks may differ.
    pub leeway: i64,
    /// What the authorization request had.
    pub max_age: Option<i64>,
    /// What came with it: is held against `at_hash`.
    pub access_token: Option<&'a str>,
    /// Whether there must be an `at_hash`, when an access token came with it.
    pub at_hash: Requirement,
    /// What came with it from the authorization endpoint: is held against `c_hash`.
    pub code: Option<&'a str>,
    /// Whether there must be a `c_hash`, when a code came with it.
    pub c_hash: Requirement,
}

/// An ID token that passed.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// What it says.
    pub claims: IdTokenClaims,
    /// What was checked, in order.
    pub checks: Vec<Check>,
}

/// A check that was made and passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The claim or header member, or `signature`.
    pub name: &'static str,
    /// What it was held against.
    pub detail: String,
}

impl<'a> IdTokenRules<'a> {
    /// The rules for an ID token from the token endpoint: no `nonce`, no `max_age`, 60 seconds of leeway, and nothing
    /// that came with it. Set the fields that differ.
    pub fn new(issuer: &'a Issuer, client_id: &'a str, alg: SigningAlg) -> Self {
        Self {
            issuer,
            client_id,
            nonce: None,
            alg,
            leeway: 60,
            max_age: None,
            access_token: None,
            at_hash: Requirement::IfPresent,
            code: None,
            c_hash: Requirement::IfPresent,
        }
    }

    /// Verifies the signature and checks the claims.
    pub fn verify(&self, jws: &CompactJws<'_>, key: &VerifyingKey, now: Time) -> Result<Checked, JwtError> {
        let payload = jws.verify(key)?;
        let mut checked = self.check(jws.header(), payload, now)?;
        let detail = match &jws.header().kid {
            Some(kid) => format!("{} by the key {kid}", self.alg),
            None => self.alg.to_string(),
        };
        checked.checks.insert(0, Check { name: "signature", detail });
        Ok(checked)
    }

    /// Checks header and payload of a token whose signature has been verified.
    pub fn check(&self, header: &Header, payload: &[u8], now: Time) -> Result<Checked, JwtError> {
        let mut checks = Vec::new();
        let mut passed = |name, detail: String| checks.push(Check { name, detail });
        self.check_header(header)?;
        passed("alg", format!("is {}, as registered", self.alg));
        passed("typ", "is not that of another kind of token".to_owned());

        let object = ClaimsObject::parse(payload)?;
        let claims = read(&object, self, now)?;
        passed("iss", format!("is {}", claims.iss));
        passed("aud", format!("holds {}", self.client_id));
        self.check_azp(&claims)?;
        match &claims.azp {
            Some(_) => passed("azp", "is this client".to_owned()),
            None => passed("azp", "is not needed: there is one audience".to_owned()),
        }
        passed("sub", format!("is {}", claims.sub));
        passed("exp", format!("ends in {} seconds", claims.exp.since(now)));
        passed("iat", format!("was issued {} seconds ago", now.since(claims.iat)));
        if let Some(expected) = self.nonce {
            check_nonce(&claims, expected)?;
            passed("nonce", "is the one of the request".to_owned());
        }
        if let Some(max_age) = self.max_age {
            let age = self.check_auth_time(&claims, max_age, now)?;
            passed("auth_time", format!("was {age} seconds ago, of {max_age}"));
        }
        let hashes = [
            ("at_hash", &claims.at_hash, self.access_token, self.at_hash),
            ("c_hash", &claims.c_hash, self.code, self.c_hash),
        ];
        for (name, found, input, requirement) in hashes {
            if let Some(input) = input
                && self.check_hash(name, found.as_deref(), input, requirement)?
            {
                passed(name, "is the hash of what came with it".to_owned());
            }
        }
        Ok(Checked { claims, checks })
    }

    /// What can be said before a key is looked up.
    ///
    /// §3.1.3.7 (7): "The alg value SHOULD be … the algorithm sent by the Client in the id_token_signed_response_alg
    /// parameter during Registration". RFC 8725 §3.11: `at+jwt` or `logout+jwt` is another kind of token.
    pub fn check_header(&self, header: &Header) -> Result<(), JwtError> {
        if header.alg != self.alg {
            return Err(JwtError::AlgNotAgreed { found: header.alg, expected: self.alg });
        }
        if header.typ.is_some() && !header.typ_is("jwt") {
            return Err(JwtError::TypDiffers { found: header.typ.clone(), expected: "JWT or none" });
        }
        Ok(())
    }

    /// (4) with several audiences there must be an `azp`; (5) when there is one, it must be the client.
    fn check_azp(&self, claims: &IdTokenClaims) -> Result<(), JwtError> {
        match &claims.azp {
            Some(azp) if azp != self.client_id => Err(JwtError::AzpDiffers(azp.clone())),
            None if claims.aud.len() > 1 => Err(JwtError::ClaimMissing("azp")),
            Some(_) | None => Ok(()),
        }
    }

    /// (12), and §3.1.2.1: when `max_age` was asked for, `auth_time` must be there. Gives the age in seconds.
    fn check_auth_time(&self, claims: &IdTokenClaims, max_age: i64, now: Time) -> Result<i64, JwtError> {
        let auth_time = claims.auth_time.ok_or(JwtError::ClaimMissing("auth_time"))?;
        let age = now.since(auth_time);
        if age > max_age.saturating_add(self.leeway) {
            return Err(JwtError::AuthTimeTooOld { auth_time, max_age });
        }
        Ok(age)
    }

    /// Whether there was something to check, and an error if it differs.
    fn check_hash(
        &self,
        name: &'static str,
        found: Option<&str>,
        input: &str,
        requirement: Requirement,
    ) -> Result<bool, JwtError> {
        match (found, requirement) {
            (Some(found), _) if found == half_hash(self.alg, input) => Ok(true),
            (Some(_), _) => Err(JwtError::HashDiffers(name)),
            (None, Requirement::Required) => Err(JwtError::ClaimMissing(name)),
            (None, Requirement::IfPresent) => Ok(false),
        }
    }
}

/// (2), (3), (9), (10), and the types of all claims.
fn read(object: &ClaimsObject, rules: &IdTokenRules<'_>, now: Time) -> Result<IdTokenClaims, JwtError> {
    let text = |name| object.string(name).map(|text| text.map(str::to_owned));
    let iss = object.issued_by(rules.issuer)?;
    let aud = object.audience()?;
    if !aud.contains(rules.client_id) {
        return Err(JwtError::AudienceDiffers { found: aud, expected: rules.client_id.to_owned() });
    }
    Ok(IdTokenClaims {
        iss,
        sub: object.subject()?,
        aud,
        exp: object.not_expired(now, rules.leeway)?,
        iat: object.begun(now, rules.leeway)?,
        auth_time: object.date("auth_time")?,
        nonce: text("nonce")?,
        acr: text("acr")?,
        amr: object.strings("amr")?,
        azp: text("azp")?,
        at_hash: text("at_hash")?,
        c_hash: text("c_hash")?,
        s_hash: text("s_hash")?,
        sid: text("sid")?,
        extra: object.without(&NAMES),
    })
}

/// (11) "a nonce Claim MUST be present and its value checked".
fn check_nonce(claims: &IdTokenClaims, expected: &str) -> Result<(), JwtError> {
    let nonce = claims.nonce.as_ref().ok_or(JwtError::ClaimMissing("nonce"))?;
    verify_slices_are_equal(nonce.as_bytes(), expected.as_bytes()).map_err(|_| JwtError::NonceDiffers)
}

fn write_extra<S: serde::Serializer>(extra: &Map<String, Value>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(extra.iter().filter(|(name, _)| !NAMES.contains(&name.as_str())))
}
