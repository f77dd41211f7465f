//! ID tokens — OpenID Connect Core §2: what stands in one, and how a client checks it (§3.1.3.7, §3.2.2.11).

use aws_lc_rs::digest::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::env::Time;
use crate::issuer::Issuer;
use crate::jose::alg::SigningAlg;
use crate::jose::encode;
use crate::jose::jws::{CompactJws, VerifyingKey};
use crate::jose::jwt::{Audience, ClaimsObject, JwtError, check_times};

/// The claims of an ID token.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about.
    pub sub: String,
    /// Which clients it is for.
    pub aud: Audience,
    /// When it ends.
    pub exp: Time,
    /// When it was issued.
    pub iat: Time,
    /// When the person proved who they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_time: Option<Time>,
    /// That of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    /// How well they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub acr: Option<String>,
    /// How they did (RFC 8176).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub amr: Vec<String>,
    /// Which client it was issued to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    /// Half the hash of the access token that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_hash: Option<String>,
    /// Half the hash of the code that came with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub c_hash: Option<String>,
    /// Half the hash of the `state` of the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub s_hash: Option<String>,
    /// The session at the provider (OpenID Connect Front-Channel Logout §3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Everything else: claims about the person.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The left half of the hash of a token or code, as base64url (§3.1.3.6).
pub fn half_hash(alg: SigningAlg, token: &str) -> String {
    let hash = digest(alg.hash(), token.as_bytes());
    let half = hash.as_ref().len() / 2;
    encode(hash.as_ref().get(..half).unwrap_or_default())
}

/// Whether a hash claim must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashRule {
    /// It must be right when it is there (code flow, §3.1.3.8).
    IfPresent,
    /// It must be there (implicit and hybrid flow, §3.2.2.9, §3.3.2.10).
    Required,
}

/// What a client expects of an ID token.
#[derive(Clone, Debug)]
pub struct IdTokenRules<'a> {
    /// Who must have issued it.
    pub issuer: &'a Issuer,
    /// The client.
    pub client_id: &'a str,
    /// The `nonce` of the request, which must come back; without one, none is looked for.
    pub nonce: Option<&'a str>,
    /// The algorithm that the client is registered for. What the header says is compared with it, never followed.
    pub alg: SigningAlg,
    /// How far clocks may differ, in seconds.
    pub leeway: i64,
    /// The `max_age` of the request, in seconds.
    pub max_age: Option<i64>,
    /// The access token that came with it.
    pub access_token: Option<&'a str>,
    /// The code that came with it from the authorization endpoint.
    pub code: Option<&'a str>,
    /// Whether the hashes of those two must be there.
    pub hashes: HashRule,
}

/// The claims of a token that has passed every check, and which those were.
#[derive(Clone, Debug)]
pub struct CheckedIdToken {
    /// The claims.
    pub claims: IdTokenClaims,
    /// What was checked, and what was found: `("iss", "https://…")`.
    pub checks: Vec<(&'static str, String)>,
}

impl IdTokenRules<'_> {
    /// Checks a token whole, in the order of §3.1.3.7.
    pub fn check(
        &self,
        token: &CompactJws<'_>,
        key: &VerifyingKey,
        now: Time,
    ) -> Result<CheckedIdToken, JwtError> {
        self.check_header(token)?;
        let payload = token.verify(key)?;
        let mut checked = self.check_claims(payload, now)?;
        let signed = format!("{} by key {}", self.alg, token.header().kid.as_deref().unwrap_or("(unnamed)"));
        checked.checks.insert(0, ("signature", signed));
        Ok(checked)
    }

    /// What can be said before a key is fetched: the type, and the algorithm (step 7).
    pub fn check_header(&self, token: &CompactJws<'_>) -> Result<(), JwtError> {
        let header = token.header();
        if header.alg != self.alg {
            return Err(JwtError::AlgUnexpected { expected: self.alg.as_str(), got: header.alg.as_str() });
        }
        match header.typ.as_deref() {
            Some(typ) if !typ.eq_ignore_ascii_case("jwt") => Err(JwtError::Typ(typ.to_owned())),
            Some(_) | None => Ok(()),
        }
    }

    fn check_claims(&self, payload: &[u8], now: Time) -> Result<CheckedIdToken, JwtError> {
        let claims = read(payload)?;
        let mut checks = Vec::new();
        if claims.iss != self.issuer.as_str() {
            return Err(JwtError::Issuer(self.issuer.difference(&claims.iss)));
        }
        checks.push(("iss", claims.iss.clone()));
        if !claims.aud.contains(self.client_id) {
            return Err(JwtError::Audience);
        }
        checks.push(("aud", claims.aud.iter().collect::<Vec<_>>().join(" ")));
        self.check_azp(&claims, &mut checks)?;
        check_times(claims.exp, &[("iat", Some(claims.iat))], self.leeway, now)?;
        checks.push(("exp", format!("{} seconds left", claims.exp.since(now))));
        checks.push(("iat", format!("{} seconds ago", now.since(claims.iat))));
        if let Some(nonce) = self.nonce {
            if claims.nonce.as_deref() != Some(nonce) {
                return Err(JwtError::Nonce);
            }
            checks.push(("nonce", "the one of the request".to_owned()));
        }
        if claims.sub.is_empty() || claims.sub.len() > 255 || !claims.sub.is_ascii() {
            return Err(JwtError::Subject);
        }
        checks.push(("sub", claims.sub.clone()));
        self.check_max_age(&claims, &mut checks, now)?;
        self.check_hash("at_hash", self.access_token, claims.at_hash.as_deref(), &mut checks)?;
        self.check_hash("c_hash", self.code, claims.c_hash.as_deref(), &mut checks)?;
        Ok(CheckedIdToken { claims, checks })
    }

    /// Steps 4 and 5.
    fn check_azp(
        &self,
        claims: &IdTokenClaims,
        checks: &mut Vec<(&'static str, String)>,
    ) -> Result<(), JwtError> {
        match claims.azp.as_deref() {
            Some(azp) if azp == self.client_id => checks.push(("azp", azp.to_owned())),
            Some(_) => return Err(JwtError::AuthorizedParty),
            None if claims.aud.len() > 1 => return Err(JwtError::AuthorizedParty),
            None => checks.push(("azp", "not needed: one audience".to_owned())),
        }
        Ok(())
    }

    fn check_max_age(
        &self,
        claims: &IdTokenClaims,
        checks: &mut Vec<(&'static str, String)>,
        now: Time,
    ) -> Result<(), JwtError> {
        let Some(max_age) = self.max_age else { return Ok(()) };
        let auth_time = claims.auth_time.ok_or(JwtError::MaxAge)?;
        if now.since(auth_time) > max_age.saturating_add(self.leeway) {
            return Err(JwtError::MaxAge);
        }
        checks.push(("auth_time", format!("{} seconds ago", now.since(auth_time))));
        Ok(())
    }

    fn check_hash(
        &self,
        name: &'static str,
        token: Option<&str>,
        claim: Option<&str>,
        checks: &mut Vec<(&'static str, String)>,
    ) -> Result<(), JwtError> {
        let Some(token) = token else { return Ok(()) };
        match (claim, self.hashes) {
            (Some(claim), _) if claim == half_hash(self.alg, token) => checks.push((name, claim.to_owned())),
            (None, HashRule::IfPresent) => {}
            (Some(_), _) | (None, HashRule::Required) => return Err(JwtError::Hash(name)),
        }
        Ok(())
    }
}

fn read(payload: &[u8]) -> Result<IdTokenClaims, JwtError> {
    let mut claims = ClaimsObject::parse(payload)?;
    Ok(IdTokenClaims {
        iss: claims.require_text("iss")?,
        sub: claims.require_text("sub")?,
        aud: claims.audience()?,
        exp: claims.require_time("exp")?,
        iat: claims.require_time("iat")?,
        auth_time: claims.time("auth_time")?,
        nonce: claims.text("nonce")?,
        acr: claims.text("acr")?,
        amr: claims.texts("amr")?,
        azp: claims.text("azp")?,
        at_hash: claims.text("at_hash")?,
        c_hash: claims.text("c_hash")?,
        s_hash: claims.text("s_hash")?,
        sid: claims.text("sid")?,
        extra: claims.rest(),
    })
}
