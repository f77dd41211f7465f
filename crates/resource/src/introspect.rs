//! Tokens that only their issuer can read — RFC 7662: it is asked, and its answer remembered for a short while.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use hallpass_client::client::Client;
use hallpass_client::error::Recovery;
use hallpass_client::provider::Provider;
use hallpass_proto::env::{Env, Time};
use hallpass_proto::introspection::{IntrospectionResponse, TokenTypeHint};
use hallpass_proto::issuer::Issuer;
use hallpass_proto::jose::jwt::{Audience, JwtError};
use hallpass_proto::jwt_access_token::AccessTokenClaims;
use hallpass_proto::remembered::Remembered;
use hallpass_proto::secret::{Digest, Secret};
use serde_json::{Map, Value};

use crate::acceptor::Acceptor;
use crate::mapping::Mapping;
use crate::protect::Protect;
use crate::refusal::Reason;
use crate::token::Token;

/// How a [`Protect`] that asks the issuer is put together.
pub struct IntrospectBuilder {
    client: Client,
    audiences: Vec<String>,
    mapping: Mapping,
    ttl: i64,
    inactive_ttl: i64,
    remember: usize,
    realm: Option<String>,
    resource_metadata: Option<String>,
}

/// Asks the issuer.
pub(crate) struct Introspector {
    client: Client,
    audiences: Vec<String>,
    mapping: Mapping,
    ttl: i64,
    inactive_ttl: i64,
    env: Env,
    known: Remembered<Known>,
    asking: Mutex<HashMap<Digest, Arc<tokio::sync::Mutex<()>>>>,
}

/// What the issuer has said, and until when it counts.
#[derive(Clone)]
struct Known {
    token: Option<Arc<Token>>,
    until: Time,
}

impl IntrospectBuilder {
    pub(crate) fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            audiences: Vec::new(),
            mapping: Mapping::default(),
            ttl: 30,
            inactive_ttl: 5,
            remember: 10_000,
            realm: None,
            resource_metadata: None,
        }
    }

    /// This resource's identifier, one of which `aud` of the answer must hold. Without any, whatever the issuer says is
    /// active is accepted: RFC 7662 §4 has it answer only whom the token is for. Call it again for more.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// As [`JwtBuilder::scopes_from`](crate::JwtBuilder::scopes_from).
    pub fn scopes_from(mut self, member: impl Into<String>) -> Self {
        self.mapping.scopes_from.push(member.into());
        self
    }

    /// As [`JwtBuilder::roles_from`](crate::JwtBuilder::roles_from).
    pub fn roles_from(mut self, member: impl Into<String>) -> Self {
        self.mapping.roles_from.push(member.into());
        self
    }

    /// How many seconds an active token is taken for active without asking again, and never past its `exp`. Default 30:
    /// so long may a revoked token still be accepted. With 0 the issuer is asked at every request.
    pub fn remember_for(mut self, seconds: i64) -> Self {
        self.ttl = seconds.max(0);
        self.inactive_ttl = self.inactive_ttl.min(self.ttl);
        self
    }

    /// How many answers are remembered, at most and about. Default 10 000.
    pub fn remember(mut self, answers: usize) -> Self {
        self.remember = answers;
        self
    }

    /// What is protected, in words: the `realm` of challenges.
    pub fn realm(mut self, realm: impl Into<String>) -> Self {
        self.realm = Some(realm.into());
        self
    }

    /// As [`JwtBuilder::resource_metadata`](crate::JwtBuilder::resource_metadata).
    pub fn resource_metadata(mut self, url: impl Into<String>) -> Self {
        self.resource_metadata = Some(url.into());
        self
    }

    /// Done.
    pub fn build(self) -> Protect {
        let env = self.client.provider().env().clone();
        let introspector = Introspector {
            known: Remembered::new(self.remember),
            client: self.client,
            audiences: self.audiences,
            mapping: self.mapping,
            ttl: self.ttl,
            inactive_ttl: self.inactive_ttl,
            env: env.clone(),
            asking: Mutex::default(),
        };
        let acceptor = Acceptor::Introspect(Arc::new(introspector));
        Protect::of(acceptor, self.realm, self.resource_metadata, env)
    }
}

impl Introspector {
    /// Accepts a token, or says why not. Requests with one token that come together ask once.
    pub(crate) async fn accept(&self, token: &Secret, digest: Digest) -> Result<Arc<Token>, Reason> {
        if let Some(known) = self.recall(&digest) {
            return known.token.ok_or(Reason::NotActive);
        }
        let turn = Arc::clone(self.asking().entry(digest).or_default());
        let _turn = Turn { introspector: self, digest };
        let _held = turn.lock().await;
        if let Some(known) = self.recall(&digest) {
            return known.token.ok_or(Reason::NotActive);
        }
        let now = self.env.now();
        let answer = self.client.introspect(token, Some(TokenTypeHint::AccessToken)).await;
        let answer = answer.map_err(|error| Reason::IntrospectionUnavailable {
            retry_after: match error.recovery() {
                Recovery::Retry { after } => after.unwrap_or(1),
                Recovery::Reauthenticate | Recovery::Fix => 1,
            },
            cause: error.to_string(),
        })?;
        let read = self.read(answer, &digest, now)?;
        let until = match &read {
            Some(token) => (now + self.ttl).min(token.exp),
            None => now + self.inactive_ttl,
        };
        self.known.insert(digest, Known { token: read.clone(), until });
        read.ok_or(Reason::NotActive)
    }

    pub(crate) fn issuer(&self) -> &Issuer {
        self.client.provider().issuer()
    }

    pub(crate) fn audiences(&self) -> &[String] {
        &self.audiences
    }

    pub(crate) fn provider(&self) -> &Provider {
        self.client.provider()
    }

    pub(crate) fn remembered(&self) -> usize {
        self.known.len()
    }

    fn recall(&self, digest: &Digest) -> Option<Known> {
        let known = self.known.get(digest)?;
        if self.env.now() < known.until {
            return Some(known);
        }
        self.known.remove(digest);
        None
    }

    /// What an answer says; none when the token is not active, or not for this resource.
    fn read(
        &self,
        answer: IntrospectionResponse,
        digest: &Digest,
        now: Time,
    ) -> Result<Option<Arc<Token>>, Reason> {
        let issuer = self.issuer().as_str();
        let bearer = answer.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let of_issuer = answer.iss.as_deref().is_none_or(|iss| iss == issuer);
        let aud = answer.aud.clone().unwrap_or_else(|| Audience::from(Vec::new()));
        let for_us =
            self.audiences.is_empty() || self.audiences.iter().any(|audience| aud.contains(audience));
        let alive = answer.exp.is_none_or(|exp| now < exp);
        if !(answer.active && bearer && of_issuer && for_us && alive) {
            return Ok(None);
        }
        let object = match serde_json::to_value(&answer) {
            Ok(Value::Object(object)) => object,
            Ok(_) | Err(_) => Map::new(),
        };
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let subject = answer.sub.or_else(|| answer.client_id.clone()).ok_or(JwtError::ClaimMissing("sub"))?;
        let amr = object.get("amr").and_then(Value::as_array).into_iter().flatten();
        let claims = AccessTokenClaims {
            iss: issuer.to_owned(),
            sub: subject,
            aud,
            client_id: answer.client_id.unwrap_or_default(),
            exp: answer.exp.unwrap_or(now + self.ttl),
            iat: answer.iat.unwrap_or(now),
            jti: answer.jti.unwrap_or_else(|| digest.to_base64url()),
            scope: self.mapping.scope(&object)?.or(answer.scope),
            auth_time: object.get("auth_time").and_then(Value::as_i64).map(Time::from_unix),
            acr: text("acr"),
            amr: amr.filter_map(Value::as_str).map(str::to_owned).collect(),
            extra: Map::new(),
        };
        let roles = self.mapping.roles(&object);
        Ok(Some(Arc::new(Token::new(claims, roles, object))))
    }

    fn asking(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<tokio::sync::Mutex<()>>>> {
        self.asking.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes the entry of a token out again, also when the request that asked was given up.
struct Turn<'a> {
    introspector: &'a Introspector,
    digest: Digest,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut asking = self.introspector.asking();
        // Others still wait for it: the last of them takes it out.
        if asking.get(&self.digest).is_some_and(|turn| Arc::strong_count(turn) <= 2) {
            asking.remove(&self.digest);
        }
    }
}
