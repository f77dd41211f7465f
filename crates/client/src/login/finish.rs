//! `/callback`: the issuer's answer becomes a session — RFC 6749 §4.1.2, OpenID Connect Core §3.1.2.5 and on.

use axum::http::{HeaderMap, HeaderValue};
use hallpass_proto::authorize::AuthorizationResponse;
use hallpass_proto::id_token::IdTokenClaims;
use serde_json::{Map, Value};

use super::Login;
use super::attempt::Attempt;
use super::config::UserInfoRule;
use super::failure::Failure;
use super::session::{Session, SessionTokens};
use super::sessions::Found;
use crate::error::{CallbackError, Error, Recovery};
use crate::tokens::Tokens;

/// How a callback ended well.
pub enum Finished {
    /// Somebody signed in.
    SignedIn(Box<SignedIn>),
    /// The answer is of an attempt that is over, and somebody is signed in already: the back button, a second click.
    /// Nothing was done.
    Already {
        /// The path to go to.
        return_to: String,
        /// Headers to set.
        cookies: Vec<HeaderValue>,
    },
}

/// A sign-in that is complete.
pub struct SignedIn {
    /// The new session.
    pub found: Found,
    /// What the issuer gave.
    pub tokens: Tokens,
    /// The path that the person wanted to go to.
    pub return_to: String,
    /// `Set-Cookie` headers that make it last: the response must have them.
    pub cookies: Vec<HeaderValue>,
}

impl Login {
    /// Takes the query of a callback: finds the attempt that it answers, completes it, starts a session.
    ///
    /// # Errors
    /// [`Failure`] is a response too; show it, or make your own of its error.
    pub async fn finish(&self, headers: &HeaderMap, query: &str) -> Result<Finished, Failure> {
        let fail = |error: Error| Failure::new(self, error);
        let response = AuthorizationResponse::parse(query.as_bytes())
            .map_err(|e| fail(CallbackError::from(e).into()))?;
        if response.error.is_none() && response.code.is_none() {
            return Err(fail(CallbackError::MissingCode.into()));
        }
        let found = match &response.state {
            Some(state) => self.inner.attempts.find(headers, state).map(|attempt| (attempt, state.clone())),
            None => Err(CallbackError::StateMissing),
        };
        let (Attempt { pending, return_to }, state) = match found {
            Ok(found) => found,
            Err(error) => return self.unknown(headers, response, error).await,
        };
        let ended = self.inner.attempts.end(headers, &state);
        let tokens = match self.inner.client.complete(pending, response).await {
            Ok(tokens) => tokens,
            // The code was not used up: the same address may work when the issuer is back.
            Err(error) if matches!(error.recovery(), Recovery::Retry { .. }) => {
                return Err(fail(error).of_attempt(return_to));
            }
            Err(error) => return Err(fail(error).of_attempt(return_to).with_cookies(ended)),
        };
        let session = match self.new_session(&tokens).await {
            Ok(session) => session,
            Err(error) => return Err(fail(error).of_attempt(return_to).with_cookies(ended)),
        };
        let started = self.inner.sessions.start(headers, session).await;
        let (found, cookie) =
            started.map_err(|fault| Failure::store(self, fault).with_cookies(ended.clone()))?;
        tracing::info!(sub = found.session.sub, "signed in");
        let cookies = ended.into_iter().chain([cookie]).collect();
        Ok(Finished::SignedIn(Box::new(SignedIn { found, tokens, return_to, cookies })))
    }

    /// The answer belongs to no attempt of this browser. What it says cannot be believed.
    async fn unknown(
        &self,
        headers: &HeaderMap,
        response: AuthorizationResponse,
        error: CallbackError,
    ) -> Result<Finished, Failure> {
        let cookies = response
            .state
            .as_deref()
            .map(|state| self.inner.attempts.end(headers, state))
            .unwrap_or_default();
        let signed_in =
            self.inner.sessions.find(headers).await.map_err(|fault| Failure::store(self, fault))?;
        if signed_in.is_some() {
            return Ok(Finished::Already { return_to: self.home(), cookies });
        }
        let error = match response.error {
            Some(refused) => CallbackError::Refused(refused),
            None => error,
        };
        Err(Failure::new(self, error.into()).with_cookies(cookies))
    }

    async fn new_session(&self, tokens: &Tokens) -> Result<Session, Error> {
        let id_token = tokens.id_token.as_ref().ok_or(Error::IdTokenMissing)?;
        let mut claims = members(&id_token.claims);
        for (name, value) in self.user_info(tokens, &id_token.claims.sub).await? {
            claims.entry(name).or_insert(value);
        }
        let now = self.inner.client.env().now();
        Ok(Session {
            sub: id_token.claims.sub.clone(),
            sid: id_token.claims.sid.clone(),
            claims,
            signed_in_at: now,
            expires_at: now + self.inner.config.lifetime,
            tokens: Some(SessionTokens {
                access_token: tokens.access_token.clone(),
                expires_at: tokens.expires_at,
                refresh_token: tokens.refresh_token.clone(),
                id_token: Some(id_token.raw.clone()),
                scope: tokens.scope.clone(),
            }),
        })
    }

    /// Claims beside the ID token's. Going without them is no reason to keep a person out; claims about another
    /// person are.
    async fn user_info(&self, tokens: &Tokens, subject: &str) -> Result<Map<String, Value>, Error> {
        if self.inner.config.user_info == UserInfoRule::Never {
            return Ok(Map::new());
        }
        match self.inner.client.userinfo(&tokens.access_token, subject).await {
            Ok(info) => Ok(info.claims.0),
            Err(error @ Error::SubjectDiffers { .. }) => Err(error),
            Err(Error::NotSupported { .. }) => Ok(Map::new()),
            Err(error) => {
                tracing::warn!(error = %error, "UserInfo could not be had; the session has the ID token's claims alone");
                Ok(Map::new())
            }
        }
    }
}

fn members(claims: &IdTokenClaims) -> Map<String, Value> {
    match serde_json::to_value(claims) {
        Ok(Value::Object(members)) => members,
        Ok(_) | Err(_) => Map::new(),
    }
}
