//! A verified access token — RFC 9068 §2.2.

use std::ops::Deref;
use std::sync::Arc;

use hallpass_proto::env::Time;
use hallpass_proto::jose::jwt::Audience;
use hallpass_proto::jwt_access_token::AccessTokenClaims;
use hallpass_proto::scope::Scope;
use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

/// What a verified token says. There is no way to one but verification.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Token {
    /// Who issued it.
    pub iss: String,
    /// Whom it is about: a person, or the client itself when it acts for itself (RFC 9068 §5).
    pub sub: String,
    /// Whom it is for; this resource is among them.
    pub aud: Audience,
    /// Which client it was issued to.
    pub client_id: String,
    /// What it allows; empty when it has no `scope`.
    pub scope: Scope,
    /// When it ends.
    pub exp: Time,
    /// When it was issued.
    pub iat: Time,
    /// Its identifier.
    pub jti: String,
    /// When the person signed in.
    pub auth_time: Option<Time>,
    /// How well the person was authenticated.
    pub acr: Option<String>,
    /// By which means.
    pub amr: Vec<String>,
    /// The roles of whom it is about, from the claims that the program has named.
    pub roles: Vec<String>,
    /// The session at the issuer that it was given in, where the issuer says it (`sid`).
    pub sid: Option<String>,
    object: Value,
}

impl Token {
    pub(crate) fn new(claims: AccessTokenClaims, roles: Vec<String>, object: Map<String, Value>) -> Self {
        Self {
            roles,
            sid: object.get("sid").and_then(Value::as_str).map(str::to_owned),
            iss: claims.iss,
            sub: claims.sub,
            aud: claims.aud,
            client_id: claims.client_id,
            scope: claims.scope.unwrap_or_default(),
            exp: claims.exp,
            iat: claims.iat,
            jti: claims.jti,
            auth_time: claims.auth_time,
            acr: claims.acr,
            amr: claims.amr,
            object: Value::Object(object),
        }
    }

    /// A claim by its name, as it stands in the token.
    pub fn claim(&self, name: &str) -> Option<&Value> {
        self.object.get(name)
    }

    /// All claims as they stand in the token: a JSON object.
    pub fn as_json(&self) -> &Value {
        &self.object
    }
}

/// A type that is read from a token: [`Claims`], or any of yours that implements `serde::Deserialize`.
pub trait FromToken: Sized {
    /// Reads it.
    ///
    /// # Errors
    /// When the token lacks a claim that the type needs, or has it in another form.
    fn from_token(token: &Arc<Token>) -> Result<Self, serde_json::Error>;
}

impl<C: DeserializeOwned> FromToken for C {
    fn from_token(token: &Arc<Token>) -> Result<Self, serde_json::Error> {
        C::deserialize(token.as_json())
    }
}

/// Every claim of the token, untyped and not copied: what handlers get that name no type of their own.
#[derive(Clone, Debug)]
pub struct Claims(Arc<Token>);

impl FromToken for Claims {
    fn from_token(token: &Arc<Token>) -> Result<Self, serde_json::Error> {
        Ok(Self(Arc::clone(token)))
    }
}

impl Deref for Claims {
    type Target = Value;

    fn deref(&self) -> &Value {
        self.0.as_json()
    }
}

impl Serialize for Claims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.as_json().serialize(serializer)
    }
}
