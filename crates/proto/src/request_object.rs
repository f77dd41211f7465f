//! Request objects: an authorization request as a JWT — RFC 9101, OpenID Connect Core §6.

use serde_json::{Map, Value};

use crate::env::Time;
use crate::issuer::Issuer;
use crate::jose::jws::{CompactJws, SignError, SigningKey, typ_is};
use crate::jose::jwt::{ClaimsObject, JwtError, sign_claims};
use crate::jose::unsigned::UnsignedJwt;
use crate::param::{Form, MAX_PARAMETERS};
use crate::secret::Secret;

/// `typ` of a request object (RFC 9101 §10.8). One that says so stands alone: see [`Standing`].
pub const TYP: &str = "oauth-authz-req+jwt";

/// Claims of the JWT that are no parameters.
const CLAIMS: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "jti", "sub"];

/// A request object that was read and not yet verified.
#[derive(Clone, Debug)]
pub enum RequestObject<'t> {
    /// The client says that it has signed it.
    Signed(CompactJws<'t>),
    /// Nobody says so.
    Unsigned(UnsignedJwt),
}

/// What parameters beside the object count for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// OpenID Connect Core §6.1: those of the object "supersede those passed using the OAuth 2.0 request syntax"; what
    /// is not in the object is taken from beside it.
    BeforeOthers,
    /// RFC 9101 §6.3: only those of the object are used, "even if the same parameter is provided in the query".
    Alone,
}

/// What a request object must be to be accepted. The signature is checked elsewhere.
#[derive(Clone, Copy, Debug)]
pub struct RequestObjectRules<'a> {
    /// Who asks.
    pub client_id: &'a str,
    /// Who is asked.
    pub issuer: &'a Issuer,
    /// By how many seconds the clocks may differ.
    pub leeway: i64,
}

/// The rule that a request object breaks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestObjectError {
    /// It cannot be read, or its time is over or has not come.
    #[error("{0}")]
    Jwt(#[from] JwtError),
    /// OpenID Connect Core §6.1, RFC 9101 §5: the same client in both places.
    #[error("{0} is not the client_id of the request")]
    NotClient(&'static str),
    /// RFC 9101 §5: "client_id … MUST be included".
    #[error("client_id is missing")]
    ClientMissing,
    /// RFC 9101 §10.8: it could pass for an assertion by which a client authenticates.
    #[error("sub is the client_id: a request object is no client assertion")]
    CouldBeAssertion,
    /// Made for another server.
    #[error("aud does not name this issuer")]
    AudienceDiffers,
    /// RFC 9101 §4: "request and request_uri parameters MUST NOT be included in Request Objects".
    #[error("{0} stands inside a request object")]
    Nested(&'static str),
    /// OpenID Connect Core §6.1: the same type in both places.
    #[error("response_type differs from the one beside the request object")]
    ResponseTypeDiffers,
    /// A parameter holds NUL.
    #[error("a parameter is not text")]
    NotText,
    /// More parameters than any message has.
    #[error("more than {MAX_PARAMETERS} parameters")]
    TooMany,
}

impl<'t> RequestObject<'t> {
    /// Reads one.
    pub fn parse(text: &'t str) -> Result<Self, JwtError> {
        match CompactJws::parse(text) {
            Ok(jws) => Ok(Self::Signed(jws)),
            Err(JwtError::AlgNone) => UnsignedJwt::parse(text).map(Self::Unsigned),
            Err(error) => Err(error),
        }
    }
}

/// The parameters of a request as a signed object, good for `lifetime` seconds from `now`: `request` of a request that has
/// `client_id` beside it and nothing else.
///
/// # Errors
/// When the key does not sign.
pub fn sign(
    parameters: &Form<'_>,
    client_id: &str,
    issuer: &str,
    key: &SigningKey,
    (now, lifetime): (Time, i64),
) -> Result<Secret, SignError> {
    let mut claims: Map<String, Value> =
        parameters.iter().map(|(name, value)| (name.to_owned(), value.into())).collect();
    for (name, value) in [
        ("iss", Value::from(client_id)),
        ("aud", issuer.into()),
        ("client_id", client_id.into()),
        ("iat", now.unix().into()),
        ("nbf", now.unix().into()),
        ("exp", (now + lifetime).unix().into()),
    ] {
        claims.insert(name.to_owned(), value);
    }
    sign_claims(key, Some(TYP), &claims).map(Secret::new)
}

impl RequestObjectRules<'_> {
    /// Checks `typ` and payload of an object whose signature, if it needs one, has been verified. Gives its parameters, put
    /// together with those that came beside it.
    pub fn check(
        &self,
        typ: Option<&str>,
        payload: &[u8],
        beside: &Form<'_>,
        now: Time,
    ) -> Result<Form<'static>, RequestObjectError> {
        let claims = ClaimsObject::parse(payload)?;
        let standing = standing(typ, beside)?;
        for name in ["request", "request_uri"] {
            if claims.get(name).is_some() {
                return Err(RequestObjectError::Nested(name));
            }
        }
        self.check_parties(&claims, standing)?;
        self.check_times(&claims, now)?;
        let (inside, outside) = (claims.string("response_type")?, beside.get("response_type"));
        if let (Some(inside), Some(outside), Standing::BeforeOthers) = (inside, outside, standing)
            && !same_words(inside, outside)
        {
            return Err(RequestObjectError::ResponseTypeDiffers);
        }
        let mut form = Form::default();
        form.push("client_id", self.client_id.to_owned());
        for (name, value) in claims.as_map() {
            if name == "client_id" || CLAIMS.contains(&name.as_str()) {
                continue;
            }
            if let Some(value) = parameter(value) {
                form.push(name.clone(), value);
            }
        }
        match standing {
            Standing::Alone => {}
            Standing::BeforeOthers => {
                for (name, value) in beside.iter() {
                    if !matches!(name, "request" | "request_uri") && !form.contains(name) {
                        form.push(name.to_owned(), value.to_owned());
                    }
                }
            }
        }
        if form.iter().count() > MAX_PARAMETERS {
            return Err(RequestObjectError::TooMany);
        }
        // What no form can carry (it could not be stored either).
        if form.iter().any(|(name, value)| name.contains('\0') || value.contains('\0')) {
            return Err(RequestObjectError::NotText);
        }
        Ok(form)
    }

    fn check_parties(&self, claims: &ClaimsObject, standing: Standing) -> Result<(), RequestObjectError> {
        for name in ["iss", "client_id"] {
            if claims.string(name)?.is_some_and(|value| value != self.client_id) {
                return Err(RequestObjectError::NotClient(name));
            }
        }
        if standing == Standing::Alone && claims.get("client_id").is_none() {
            return Err(RequestObjectError::ClientMissing);
        }
        if claims.string("sub")? == Some(self.client_id) {
            return Err(RequestObjectError::CouldBeAssertion);
        }
        if claims.get("aud").is_some() && !claims.audience()?.contains(self.issuer.as_str()) {
            return Err(RequestObjectError::AudienceDiffers);
        }
        Ok(())
    }

    /// Each of the times that is there counts.
    fn check_times(&self, claims: &ClaimsObject, now: Time) -> Result<(), RequestObjectError> {
        if claims.get("exp").is_some() {
            claims.not_expired(now, self.leeway)?;
        }
        if let Some(nbf) = claims.date("nbf")?.filter(|nbf| *nbf > now + self.leeway) {
            return Err(JwtError::NotYetValid { nbf, now }.into());
        }
        if let Some(iat) = claims.date("iat")?.filter(|iat| *iat > now + self.leeway) {
            return Err(JwtError::IssuedInFuture { iat, now }.into());
        }
        Ok(())
    }
}

/// By its `typ`, and for objects without one by what stands beside them: OpenID Connect Core §6.1 wants `response_type`
/// and a scope with `openid` there, RFC 9101 §5 only `client_id`.
fn standing(typ: Option<&str>, beside: &Form<'_>) -> Result<Standing, JwtError> {
    if typ_is(typ, TYP) {
        return Ok(Standing::Alone);
    }
    if typ.is_some() && !typ_is(typ, "jwt") {
        return Err(JwtError::TypDiffers { found: typ.map(str::to_owned), expected: TYP });
    }
    let others = beside.iter().any(|(name, _)| !matches!(name, "client_id" | "request" | "request_uri"));
    Ok(if others { Standing::BeforeOthers } else { Standing::Alone })
}

fn same_words(a: &str, b: &str) -> bool {
    let sorted = |text: &str| {
        let mut words: Vec<String> = text.split(' ').map(str::to_owned).collect();
        words.sort_unstable();
        words
    };
    sorted(a) == sorted(b)
}

/// A member as a parameter: texts as they are, numbers as digits, and JSON as JSON (`claims`, RFC 9101 §4).
fn parameter(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => Some(value.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::jose::alg::SigningAlg;

    const NOW: Time = Time::from_unix(1_800_000_000);

    fn issuer() -> Issuer {
        Issuer::parse("https://login.example").expect("an issuer")
    }

    fn check(
        typ: Option<&str>,
        object: &Value,
        beside: &[(&str, &str)],
    ) -> Result<String, RequestObjectError> {
        let issuer = issuer();
        let rules = RequestObjectRules { client_id: "app", issuer: &issuer, leeway: 10 };
        let beside: Form<'_> = beside.iter().copied().collect();
        rules.check(typ, object.to_string().as_bytes(), &beside, NOW).map(|form| form.encode())
    }

    #[test]
    fn what_is_signed_is_accepted_alone() {
        let key = SigningKey::generate(SigningAlg::Es256).expect("a key");
        let form: Form<'_> = [("response_type", "code"), ("state", "a b")].into_iter().collect();
        let token = sign(&form, "app", "https://login.example", &key, (NOW, 60)).expect("an object");
        let RequestObject::Signed(jws) = RequestObject::parse(token.expose()).expect("an object") else {
            panic!("unsigned")
        };
        let object: Value = serde_json::from_slice(jws.unverified_payload()).expect("JSON");

        let read = check(jws.header().typ.as_deref(), &object, &[("client_id", "app"), ("scope", "outside")]);

        assert_eq!(read.as_deref(), Ok("client_id=app&response_type=code&state=a+b"));
    }

    /// OpenID Connect Core §6.1.
    #[test]
    fn the_object_supersedes_what_stands_beside_it() {
        let object =
            json!({"state": "in", "max_age": 10, "claims": {"id_token": {"acr": null}}, "login_hint": null});
        let beside = [
            ("client_id", "app"),
            ("response_type", "code"),
            ("state", "out"),
            ("nonce", "n"),
            ("request", "x"),
        ];
        let read = check(None, &object, &beside).expect("accepted");
        let form = Form::parse(read.as_bytes()).expect("a form");
        for (name, value) in [
            ("state", Some("in")),
            ("nonce", Some("n")),
            ("response_type", Some("code")),
            ("max_age", Some("10")),
            ("claims", Some(r#"{"id_token":{"acr":null}}"#)),
            ("request", None),
            ("login_hint", None),
        ] {
            assert_eq!(form.get(name), value, "{name}");
        }
    }

    /// security.md 29, but for what the signature says.
    #[test]
    fn each_rule_has_its_refusal() {
        let now = NOW.unix();
        for object in [
            json!({"client_id": "other"}),
            json!({"iss": "other"}),
            json!({"client_id": 1}),
            json!({"sub": "app"}),
            json!({"aud": "https://other.example"}),
            json!({"aud": []}),
            json!({"request": "x"}),
            json!({"request_uri": "https://app.example/x"}),
            json!({"exp": now - 10}),
            json!({"exp": "soon"}),
            json!({"nbf": now + 11}),
            json!({"iat": now + 60}),
            json!({"response_type": "token"}),
            json!({"state": "a\0b"}),
        ] {
            assert!(check(None, &object, &[("response_type", "code")]).is_err(), "{object}");
        }
        assert_eq!(check(Some(TYP), &json!({"state": "x"}), &[]), Err(RequestObjectError::ClientMissing));
        for typ in ["at+jwt", "client-authentication+jwt", "logout+jwt", ""] {
            assert!(check(Some(typ), &json!({"client_id": "app"}), &[]).is_err(), "{typ}");
        }
        let many: Map<String, Value> = (0..200).map(|i| (format!("p{i}"), "x".into())).collect();
        assert_eq!(check(None, &Value::Object(many), &[("a", "b")]), Err(RequestObjectError::TooMany));
        let right = json!({"iss": "app", "aud": ["x", "https://login.example"], "exp": now, "nbf": now + 8, "sub": "ada"});
        assert!(check(Some("JWT"), &right, &[("response_type", "code")]).is_ok());
        assert!(
            check(None, &json!({"response_type": "token id_token"}), &[("response_type", "id_token token")])
                .is_ok()
        );
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in ".{0,200}") {
            let issuer = issuer();
            let rules = RequestObjectRules { client_id: "app", issuer: &issuer, leeway: 10 };
            let _ = rules.check(None, &bytes, &Form::default(), NOW);
            let _ = RequestObject::parse(&text);
        }
    }
}
