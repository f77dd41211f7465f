//! An access token that is always good: kept, renewed ahead of its end, and renewed once however many ask — RFC 6749
//! §4.4, §6.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use hallpass_proto::env::Time;
use hallpass_proto::error::ErrorCode;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;

use crate::client::Client;
use crate::error::{Error, Recovery};
use crate::http_client::BoxFuture;
use crate::refreshing::{Fetched, Freshness, NotNewer, Pauses, Refreshing};
use crate::tokens::Tokens;

/// Keeps tokens that were renewed before anybody uses them, so that a rotated refresh token is not lost with the
/// process.
pub trait KeepTokens: Send + Sync {
    /// Keeps them. Only when this is done is the access token given out; when it fails, the error is the callers', and
    /// the next of them tries again with the same tokens.
    fn keep<'a>(&'a self, tokens: &'a Tokens) -> BoxFuture<'a, Result<(), KeepError>>;
}

/// Tokens that could not be kept.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the renewed tokens cannot be kept: {0}")]
pub struct KeepError(pub String);

/// Gives an access token that is good for a while yet. Cheap to clone; all clones share one token.
///
/// The first caller waits for a token. From then on nobody does: it is renewed in the background before it ends, once
/// however many ask, and a fault of the issuer is tried again with growing pauses while the old token serves on. A
/// caller that goes away does not end a renewal for the others.
///
/// ```no_run
/// # use hallpass_client::{client::Client, Error};
/// # async fn run(client: Client) -> Result<(), Error> {
/// let source = client.token_source(&"items:read".parse().expect("a scope")).build();
/// let header = format!("Bearer {}", source.token().await?.expose());
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct TokenSource {
    cache: Arc<Refreshing<Arc<Tokens>>>,
    state: Arc<State>,
}

/// Puts a [`TokenSource`] together.
pub struct TokenSourceBuilder {
    client: Client,
    origin: Origin,
    keep: Option<Arc<dyn KeepTokens>>,
    ahead: i64,
    attempts: u32,
}

enum Origin {
    /// The client for itself.
    Client(Scope),
    /// A person who has signed in once.
    Person(Box<Tokens>),
}

struct State {
    client: Client,
    origin: Mutex<Origin>,
    /// Renewed, and not kept yet.
    unkept: Mutex<Option<Tokens>>,
    keep: Option<Arc<dyn KeepTokens>>,
    attempts: u32,
    /// The token that a resource server has refused.
    refused: Mutex<Option<Secret>>,
}

/// The longest that one pause between two attempts of one renewal may be.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// The first.
const FIRST_PAUSE: Duration = Duration::from_millis(200);

impl Client {
    /// Tokens of the client for itself, by client credentials. An empty scope asks for the default.
    pub fn token_source(&self, scope: &Scope) -> TokenSourceBuilder {
        TokenSourceBuilder::new(self, Origin::Client(scope.clone()))
    }

    /// Tokens of a person, renewed by the refresh token among these. When there is none, or it is spent, the answer is
    /// an error whose [`recovery`](Error::recovery) is to sign in again.
    pub fn token_source_of(&self, tokens: Tokens) -> TokenSourceBuilder {
        TokenSourceBuilder::new(self, Origin::Person(Box::new(tokens)))
    }
}

impl TokenSourceBuilder {
    fn new(client: &Client, origin: Origin) -> Self {
        Self { client: client.clone(), origin, keep: None, ahead: 60, attempts: 3 }
    }

    /// How many seconds before its end a token is renewed. Default 60, but never more than half of its life.
    pub fn ahead(mut self, seconds: i64) -> Self {
        self.ahead = seconds.max(0);
        self
    }

    /// How often one renewal is tried while the issuer cannot be reached. Default 3; the pauses grow, and `Retry-After`
    /// is kept to up to 5 seconds.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts.max(1);
        self
    }

    /// Who keeps renewed tokens before they are used.
    pub fn keep(mut self, keep: Arc<dyn KeepTokens>) -> Self {
        self.keep = Some(keep);
        self
    }

    /// Done. Nothing is fetched yet.
    pub fn build(self) -> TokenSource {
        let (env, ahead) = (self.client.env().clone(), self.ahead);
        let first = match &self.origin {
            Origin::Person(tokens) => Some(Arc::new(tokens.as_ref().clone())),
            Origin::Client(_) => None,
        };
        let state = Arc::new(State {
            client: self.client,
            origin: Mutex::new(self.origin),
            unkept: Mutex::default(),
            keep: self.keep,
            attempts: self.attempts,
            refused: Mutex::default(),
        });
        let fetching = Arc::clone(&state);
        let fetch = move || {
            let state = Arc::clone(&fetching);
            Box::pin(async move { state.renew().await.map(Arc::new) }) as _
        };
        let watched = Arc::clone(&state);
        let freshness = move |tokens: &Fetched<Arc<Tokens>>, now| watched.freshness(tokens, ahead, now);
        let pauses = Pauses { cooldown: 0, failure: 30 };
        let cache = Refreshing::with_freshness(env, pauses, Box::new(freshness), Box::new(fetch));
        if let Some(tokens) = first {
            cache.begin_with(tokens);
        }
        TokenSource { cache, state }
    }
}

impl TokenSource {
    /// An access token that is good at this moment.
    ///
    /// # Errors
    /// When there is none and none can be had. [`Error::recovery`] tells an issuer that is away from a refresh token
    /// that is spent.
    pub async fn token(&self) -> Result<Secret, Error> {
        Ok(self.tokens().await?.access_token.clone())
    }

    /// The same with all that came with it.
    ///
    /// # Errors
    /// As [`TokenSource::token`].
    pub async fn tokens(&self) -> Result<Arc<Tokens>, Error> {
        loop {
            if let Some(current) = self.cache.current() {
                return Ok(Arc::clone(&current.value));
            }
            match self.cache.newer(None).await {
                Ok(()) => {}
                Err(NotNewer::Failed(error, _)) => return Err(error),
                // A renewal has just ended without a trace, as when its runtime did: the next caller starts one.
                Err(NotNewer::Cooling(_)) => tokio::task::yield_now().await,
            }
        }
    }

    /// Says that a resource server has refused this token, with `invalid_token`: it is not given out again. Of many
    /// callers with the same token, the first causes a renewal.
    pub fn refused(&self, token: &Secret) {
        *self.state.refused.lock().unwrap_or_else(PoisonError::into_inner) = Some(token.clone());
    }
}

impl State {
    fn freshness(&self, fetched: &Fetched<Arc<Tokens>>, ahead: i64, now: Time) -> Freshness {
        let tokens = &fetched.value;
        let refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        if refused.as_ref().is_some_and(|token| *token == tokens.access_token) {
            return Freshness::Stale;
        }
        drop(refused);
        // Without a word of its end, it is good until somebody refuses it.
        let Some(end) = tokens.expires_at else { return Freshness::Fresh };
        let ahead = ahead.min(end.since(fetched.at()) / 2);
        if now >= end {
            Freshness::Stale
        } else if now.since(end) >= -ahead {
            Freshness::Due
        } else {
            Freshness::Fresh
        }
    }

    /// New tokens, kept.
    async fn renew(&self) -> Result<Tokens, Error> {
        let waiting = self.unkept.lock().unwrap_or_else(PoisonError::into_inner).take();
        let tokens = match waiting {
            Some(tokens) => tokens,
            None => self.obtain().await?,
        };
        if let Origin::Person(held) = &mut *self.origin.lock().unwrap_or_else(PoisonError::into_inner) {
            // From here on the old refresh token may be spent.
            let id_token = tokens.id_token.clone().or_else(|| held.id_token.clone());
            **held = Tokens { id_token, ..tokens.clone() };
        }
        if let Some(keep) = &self.keep
            && let Err(error) = keep.keep(&tokens).await
        {
            *self.unkept.lock().unwrap_or_else(PoisonError::into_inner) = Some(tokens);
            return Err(Error::Keep(error));
        }
        Ok(tokens)
    }

    /// Asks the issuer, several times while it cannot be reached.
    async fn obtain(&self) -> Result<Tokens, Error> {
        let mut pause = FIRST_PAUSE;
        let mut attempt = 1;
        loop {
            let error = match self.ask().await {
                Ok(tokens) => return Ok(tokens),
                Err(error) => error,
            };
            let Recovery::Retry { after } = error.recovery() else { return Err(error) };
            if attempt >= self.attempts {
                return Err(error);
            }
            attempt += 1;
            let asked = after.map_or(pause, Duration::from_secs);
            tokio::time::sleep(asked.max(pause).min(LONGEST_PAUSE)).await;
            pause = pause.saturating_mul(4);
        }
    }

    async fn ask(&self) -> Result<Tokens, Error> {
        enum Ask {
            Client(Scope),
            Person(Option<Secret>, Option<String>),
        }
        let ask = match &*self.origin.lock().unwrap_or_else(PoisonError::into_inner) {
            Origin::Client(scope) => Ask::Client(scope.clone()),
            Origin::Person(tokens) => {
                let subject = tokens.id_token.as_ref().map(|id_token| id_token.claims.sub.clone());
                Ask::Person(tokens.refresh_token.clone(), subject)
            }
        };
        match ask {
            Ask::Client(scope) => self.client.client_credentials(&scope).await,
            Ask::Person(Some(token), subject) => {
                self.client.refresh(&token, &Scope::empty(), subject.as_deref()).await
            }
            Ask::Person(None, _) => Err(Error::NoRefreshToken),
        }
    }
}

/// Whether another try can help: what a spent refresh token is not worth is asking again.
pub(crate) fn is_final(error: &Error) -> bool {
    match error {
        Error::NoRefreshToken => true,
        Error::OAuth { body, .. } => body.error == ErrorCode::InvalidGrant,
        _ => false,
    }
}
