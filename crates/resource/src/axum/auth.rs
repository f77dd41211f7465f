//! The extractor: a handler that takes an `Auth<ItemsRead>` can only be called with a token that may read items.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use http::request::Parts;

use crate::protect::Protect;
use crate::refusal::{Reason, Refused};
use crate::requirement::Requirement;
use crate::token::{Claims, FromToken, Token};

/// A verified token that meets `R`, and its claims as a `C`.
///
/// It needs [`Protect::layer`] on the router. What is in every token is at hand directly (`auth.sub`, `auth.scope`,
/// `auth.client_id`, see [`Token`]), the rest in `auth.claims`.
///
/// ```
/// use hallpass_resource::axum::Auth;
/// use hallpass_resource::{All, Authenticated, scope};
/// use serde::Deserialize;
///
/// scope! { pub ItemsRead = "items:read", "Read items"; pub ItemsWrite = "items:write", "Create items"; }
///
/// async fn list(auth: Auth<ItemsRead>) -> String {
///     format!("the items of {}", auth.sub)
/// }
///
/// async fn replace(_: Auth<All<(ItemsRead, ItemsWrite)>>) {}
///
/// #[derive(Deserialize)]
/// struct Me { email: Option<String> }
///
/// async fn me(auth: Auth<Authenticated, Me>) -> String {
///     auth.claims.email.clone().unwrap_or_default()
/// }
///
/// async fn greet(auth: Option<Auth<ItemsRead>>) -> String {
///     auth.map_or("hello".to_owned(), |auth| format!("hello {}", auth.sub))
/// }
/// ```
///
/// As an `Option` it is `None` only when no bearer token was presented. A token that is no good is refused there too:
/// a client whose token expired must learn of it, and not get the answer for strangers. Credentials of another scheme
/// (`Basic …`) are for somebody else to read, and count as nothing here.
#[derive(Clone, Debug)]
pub struct Auth<R, C = Claims> {
    /// What the route reads of the token.
    pub claims: C,
    token: Arc<Token>,
    requirement: PhantomData<fn() -> R>,
}

impl<R, C> Auth<R, C> {
    /// The token, to keep beyond the request.
    pub fn token(&self) -> &Arc<Token> {
        &self.token
    }
}

impl<R, C> Deref for Auth<R, C> {
    type Target = Token;

    fn deref(&self) -> &Token {
        &self.token
    }
}

impl<S: Sync, R: Requirement, C: FromToken> FromRequestParts<S> for Auth<R, C> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refused> {
        let Some(protect) = parts.extensions.get::<Protect>() else {
            return Err(Refused::new(Reason::LayerMissing, None, None));
        };
        let token = protect.authorize::<R>(&parts.headers).await?;
        let claims = C::from_token(&token)
            .map_err(|error| protect.refused(Reason::ClaimsDiffer(error.to_string()), None))?;
        Ok(Self { claims, token, requirement: PhantomData })
    }
}

impl<S: Sync, R: Requirement, C: FromToken> OptionalFromRequestParts<S> for Auth<R, C> {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Refused> {
        match <Self as FromRequestParts<S>>::from_request_parts(parts, state).await {
            Ok(auth) => Ok(Some(auth)),
            Err(refused) if *refused.reason() == Reason::NothingPresented => Ok(None),
            Err(refused) => Err(refused),
        }
    }
}
