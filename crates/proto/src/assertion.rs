//! Assertions by which clients authenticate — RFC 7521 §4.2, RFC 7523 §2.2, §3, with the audience and the `typ` of RFC
//! 10070; OpenID Connect Core §9 (`private_key_jwt`, `client_secret_jwt`).

use serde::{Deserialize, Serialize};

use crate::env::Time;
use crate::jose::jws::{Header, SignError, SigningKey};
use crate::jose::jwt::{Audience, ClaimsObject, JwtError, sign_claims};
use crate::secret::Secret;

/// `client_assertion_type` of a JWT.
pub const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
/// `typ` of an assertion (RFC 10070).
pub const TYP: &str = "client-authentication+jwt";
/// How many bytes a `jti` may have.
const LONGEST_JTI: usize = 512;

/// The claims of an assertion.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssertionClaims {
    /// Who made it: the `client_id`.
    pub iss: String,
    /// Whom it is about: the same.
    pub sub: String,
    /// Which server it is for.
    pub aud: Audience,
    /// When it ends.
    pub exp: Time,
    /// When it was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub iat: Option<Time>,
    /// Its identifier, never used twice.
    pub jti: String,
}

impl AssertionClaims {
    /// The claims of a client for an issuer, good for `lifetime` seconds from `now`. `jti` is random and long.
    pub fn new(client_id: &str, issuer: &str, jti: String, now: Time, lifetime: i64) -> Self {
        Self {
            iss: client_id.to_owned(),
            sub: client_id.to_owned(),
            aud: issuer.into(),
            exp: now + lifetime,
            iat: Some(now),
            jti,
        }
    }

    /// The assertion: `client_assertion` of a request, beside `client_assertion_type` [`JWT_BEARER`].
    ///
    /// # Errors
    /// When the key does not sign.
    pub fn sign(&self, key: &SigningKey) -> Result<Secret, SignError> {
        sign_claims(key, Some(TYP), self).map(Secret::new)
    }
}

/// Whom an assertion may be for.
#[derive(Clone, Copy, Debug)]
pub enum AudienceRule<'a> {
    /// One string and this one (RFC 10070): an assertion that another server could take for its own proves nothing.
    Sole(&'a str),
    /// One of these, alone or among others.
    AnyOf(&'a [String]),
}

/// What an assertion must be to be accepted. The signature is checked elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct AssertionRules<'a> {
    /// Who is said to have made it.
    pub client_id: &'a str,
    /// Whom it is for.
    pub audience: AudienceRule<'a>,
    /// How far in the future it may end, in seconds: so long its `jti` must be remembered.
    pub longest: i64,
    /// By how many seconds the clocks may differ.
    pub leeway: i64,
}

/// The rule that an assertion breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssertionError {
    /// It cannot be read, a claim is missing or malformed, or its time is over or has not come.
    #[error("{0}")]
    Jwt(#[from] JwtError),
    /// RFC 7523 §3: `iss` and `sub` are both the `client_id`.
    #[error("{0} is not the client_id")]
    NotClient(&'static str),
    /// RFC 10070: `aud` is one string.
    #[error("aud must be one string, {expected}")]
    AudienceNotSole {
        /// The issuer.
        expected: String,
    },
    /// For somebody else.
    #[error("aud names neither the issuer nor its endpoint")]
    AudienceDiffers,
    /// `exp` is too far away.
    #[error("exp is more than {longest} seconds away")]
    LongLived {
        /// How far it may be.
        longest: i64,
    },
    /// `jti` is empty or too long.
    #[error("jti does not have 1 to 512 bytes")]
    JtiForm,
}

impl AssertionRules<'_> {
    /// Checks header and payload of an assertion whose signature has been verified.
    pub fn check(
        &self,
        header: &Header,
        payload: &[u8],
        now: Time,
    ) -> Result<AssertionClaims, AssertionError> {
        // Choice: what older clients write is accepted; what says that it is something else is not (RFC 8725 §3.11).
        if header.typ.is_some() && !header.typ_is(TYP) && !header.typ_is("jwt") {
            return Err(JwtError::TypDiffers { found: header.typ.clone(), expected: TYP }.into());
        }
        let claims = ClaimsObject::parse(payload)?;
        for name in ["iss", "sub"] {
            if claims.required_string(name)? != self.client_id {
                return Err(AssertionError::NotClient(name));
            }
        }
        let aud = self.audience(&claims)?;
        let exp = claims.not_expired(now, self.leeway)?;
        if exp > now + self.longest + self.leeway {
            return Err(AssertionError::LongLived { longest: self.longest });
        }
        let iat = claims.date("iat")?;
        if let Some(iat) = iat.filter(|iat| *iat > now + self.leeway) {
            return Err(JwtError::IssuedInFuture { iat, now }.into());
        }
        if let Some(nbf) = claims.date("nbf")?.filter(|nbf| *nbf > now + self.leeway) {
            return Err(JwtError::NotYetValid { nbf, now }.into());
        }
        let jti = claims.required_string("jti")?;
        if !(1..=LONGEST_JTI).contains(&jti.len()) {
            return Err(AssertionError::JtiForm);
        }
        let client_id = self.client_id.to_owned();
        Ok(AssertionClaims { iss: client_id.clone(), sub: client_id, aud, exp, iat, jti: jti.to_owned() })
    }

    fn audience(&self, claims: &ClaimsObject) -> Result<Audience, AssertionError> {
        let aud = claims.audience()?;
        match self.audience {
            AudienceRule::Sole(expected) => {
                if claims.get("aud").is_some_and(|aud| aud.as_str() == Some(expected)) {
                    Ok(aud)
                } else {
                    Err(AssertionError::AudienceNotSole { expected: expected.to_owned() })
                }
            }
            AudienceRule::AnyOf(expected) => {
                if expected.iter().any(|expected| aud.contains(expected)) {
                    Ok(aud)
                } else {
                    Err(AssertionError::AudienceDiffers)
                }
            }
        }
    }
}

/// The `sub` of an assertion that nobody has looked at: which client's keys are to be held against it.
pub fn unverified_subject(payload: &[u8]) -> Result<String, JwtError> {
    Ok(ClaimsObject::parse(payload)?.required_string("sub")?.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::jose::alg::SigningAlg;
    use crate::jose::jws::CompactJws;

    const ISSUER: &str = "https://login.example";
    const NOW: Time = Time::from_unix(1_800_000_000);

    fn rules() -> AssertionRules<'static> {
        AssertionRules { client_id: "app", audience: AudienceRule::Sole(ISSUER), longest: 3600, leeway: 10 }
    }

    fn header(typ: Option<&str>) -> Header {
        Header { alg: SigningAlg::Es256, kid: None, typ: typ.map(str::to_owned), cty: None }
    }

    /// An assertion of which one claim is another.
    fn with(name: &str, value: Value) -> Vec<u8> {
        let now = NOW.unix();
        let mut claims = json!({
            "iss": "app", "sub": "app", "aud": ISSUER, "exp": now + 60, "iat": now, "nbf": now, "jti": "1",
        });
        match value {
            Value::Null => drop(claims.as_object_mut().expect("an object").remove(name)),
            value => claims[name] = value,
        }
        claims.to_string().into_bytes()
    }

    fn check(payload: &[u8]) -> Result<AssertionClaims, AssertionError> {
        rules().check(&header(Some(TYP)), payload, NOW)
    }

    #[test]
    fn what_is_signed_is_accepted() {
        let key = SigningKey::generate(SigningAlg::Es256).expect("a key");
        let claims = AssertionClaims::new("app", ISSUER, "a-jti".to_owned(), NOW, 60);
        let token = claims.sign(&key).expect("an assertion");
        let jws = CompactJws::parse(token.expose()).expect("a JWS");
        assert_eq!(jws.header().typ.as_deref(), Some(TYP));
        assert_eq!(rules().check(jws.header(), jws.unverified_payload(), NOW), Ok(claims));
        assert_eq!(unverified_subject(jws.unverified_payload()).as_deref(), Ok("app"));
    }

    /// security.md 35, 48: another kind of token says so, and is refused.
    #[test]
    fn another_typ_is_refused() {
        for typ in [None, Some("JWT"), Some("jwt"), Some("application/client-authentication+jwt")] {
            assert!(rules().check(&header(typ), &with("x", json!(1)), NOW).is_ok(), "{typ:?}");
        }
        for typ in ["oauth-authz-req+jwt", "at+jwt", "dpop+jwt", "logout+jwt", "secevent+jwt", ""] {
            let refused = rules().check(&header(Some(typ)), &with("x", json!(1)), NOW);
            assert!(matches!(refused, Err(AssertionError::Jwt(JwtError::TypDiffers { .. }))), "{typ:?}");
        }
    }

    /// security.md 35: each claim, missing, of another type, and of another value.
    #[test]
    fn each_claim_counts() {
        let now = NOW.unix();
        for (name, values) in [
            ("iss", vec![json!(null), json!("other"), json!(["app"]), json!("app "), json!("App")]),
            ("sub", vec![json!(null), json!("other"), json!(1), json!("")]),
            (
                "aud",
                vec![
                    json!(null),
                    json!([ISSUER]),
                    json!([ISSUER, "https://other.example"]),
                    json!([]),
                    json!("https://login.example/"),
                    json!("https://login.example/token"),
                    json!("HTTPS://login.example"),
                    json!(1),
                ],
            ),
            (
                "exp",
                vec![
                    json!(null),
                    json!(now - 10),
                    json!(now - 300),
                    json!(now + 3611),
                    json!((now + 60).to_string()),
                    json!(1e308),
                    json!(-1),
                    json!(0),
                ],
            ),
            ("iat", vec![json!(now + 11), json!(now + 60), json!("now")]),
            ("nbf", vec![json!(now + 11), json!(now + 60), json!(true)]),
            ("jti", vec![json!(null), json!(""), json!(1), json!("x".repeat(513))]),
        ] {
            for value in values {
                assert!(check(&with(name, value.clone())).is_err(), "{name} {value}");
            }
        }
    }

    /// Clocks differ by a little.
    #[test]
    fn a_few_seconds_are_forgiven() {
        let now = NOW.unix();
        for (name, value) in [
            ("exp", json!(now - 9)),
            ("exp", json!(now + 3610)),
            ("iat", json!(now + 8)),
            ("nbf", json!(now + 8)),
            ("iat", json!(now - 100_000)),
            ("iat", json!(null)),
            ("nbf", json!(null)),
        ] {
            assert!(check(&with(name, value.clone())).is_ok(), "{name} {value}");
        }
    }

    #[test]
    fn an_older_client_may_name_the_endpoint() {
        let known = [ISSUER.to_owned(), "https://login.example/token".to_owned()];
        let rules = AssertionRules { audience: AudienceRule::AnyOf(&known), ..rules() };
        let check = |aud: Value| rules.check(&header(None), &with("aud", aud), NOW);
        for aud in [json!(ISSUER), json!(known[1]), json!([known[1]]), json!(["https://b.example", ISSUER])] {
            assert!(check(aud.clone()).is_ok(), "{aud}");
        }
        for aud in [json!("https://b.example"), json!(["https://login.example/authorize"]), json!([])] {
            assert!(check(aud.clone()).is_err(), "{aud}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
            let _ = unverified_subject(&bytes);
        }
    }
}
