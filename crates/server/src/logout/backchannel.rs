//! Back-channel logout — OpenID Connect Back-Channel Logout 1.0 §2.5, §2.8: a logout token is posted to each client.
//!
//! Whoever ends a session makes the first attempt, all clients at once, and waits a moment for it: when a person who
//! signed out is back at the client, its own session is over too. What takes longer goes on behind, and what fails is
//! left to the outbox.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, StatusCode, header};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use hallpass_proto::env::{Env, Time};
use hallpass_proto::logout_token::LOGOUT_TOKEN;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Secret;

use crate::core::Core;
use crate::entity::Status;
use crate::entity::logout::LogoutNotice;
use crate::event::Event;
use crate::fault::Fault;
use crate::issue::logout_token;
use crate::outbound::Outbound;
use crate::store::Store;

/// How long a person who signs out waits for the clients' answers.
const WAITED_FOR: Duration = Duration::from_secs(2);
/// How long one attempt may take: less than the notice is held.
const ONE_ATTEMPT: Duration = Duration::from_secs(15);
/// How many clients are told at once by one task.
const AT_ONCE: usize = 32;
/// As much of an answer as is read. §2.8 says nothing of its body but an error.
const MOST: usize = 16 * 1024;

/// Attempts that are under way.
pub(crate) struct Telling(Option<JoinHandle<()>>);

/// An attempt that can be made.
struct Attempt {
    notice: LogoutNotice,
    url: String,
    /// The logout token, or why there is none.
    token: Result<Secret, String>,
}

/// What an attempt is made with, apart from the server, so that it goes on when the browser has gone.
#[derive(Clone)]
struct Means {
    outbound: Arc<dyn Outbound>,
    store: Arc<dyn Store>,
    env: Env,
}

/// What came of an attempt.
enum Outcome {
    /// §2.8: 200, or another success.
    Told,
    /// §2.8: 400: it will not be otherwise the next time.
    Refused,
    /// Nobody answered, or something stood in the way.
    Failed(String),
}

/// Begins to tell the clients of notices that are held by us.
pub(crate) async fn tell(core: &Core, notices: &[LogoutNotice], now: Time) -> Result<Telling, Fault> {
    let mut attempts = Vec::with_capacity(notices.len());
    for notice in notices {
        match attempt(core, notice, now).await? {
            Some(attempt) => attempts.push(attempt),
            None => core.store.settle_notice(notice).await?,
        }
    }
    if attempts.is_empty() {
        return Ok(Telling(None));
    }
    let means = Means { outbound: core.outbound.clone(), store: core.store.clone(), env: core.env.clone() };
    Ok(Telling(Some(tokio::spawn(make_all(means, attempts)))))
}

impl Telling {
    /// Waits until everybody has answered or has failed to, but no longer than people wait.
    pub(crate) async fn a_moment(self) {
        if let Some(task) = self.0 {
            let _ = timeout(WAITED_FOR, task).await;
        }
    }

    /// Waits until everybody has.
    pub(super) async fn until_answered(self) {
        if let Some(task) = self.0
            && task.await.is_err()
        {
            tracing::error!(target: "hallpass::fault", "telling clients of a sign-out ended badly");
        }
    }
}

/// None where there is nobody to tell: the client is gone or disabled, or is told by the browser alone.
async fn attempt(core: &Core, notice: &LogoutNotice, now: Time) -> Result<Option<Attempt>, Fault> {
    let client = core.clients.find(core, &notice.client_id).await?;
    let Some(client) = client.filter(|client| client.status == Status::Active) else { return Ok(None) };
    let Some(url) = client.backchannel_logout_uri.clone() else { return Ok(None) };
    // Whose keys cannot be had is told later, and keeps nobody else from being told.
    let token = logout_token::issue(core, &client, notice, now).await.map_err(|e| format!("{e:?}"));
    Ok(Some(Attempt { notice: notice.clone(), url, token }))
}

async fn make_all(means: Means, attempts: Vec<Attempt>) {
    let mut under_way = JoinSet::new();
    for attempt in attempts {
        if under_way.len() >= AT_ONCE {
            under_way.join_next().await;
        }
        under_way.spawn(make(means.clone(), attempt));
    }
    under_way.join_all().await;
}

async fn make(means: Means, attempt: Attempt) {
    let outcome = timeout(ONE_ATTEMPT, post(&means, &attempt)).await;
    let outcome = outcome.unwrap_or_else(|_| Outcome::Failed("no answer in time".to_owned()));
    if let Err(fault) = record(&means, &attempt.notice, outcome).await {
        // The notice comes due again by itself.
        tracing::error!(target: "hallpass::fault", %fault);
    }
}

/// §2.5: "using the HTTP POST method", with the logout token in an `application/x-www-form-urlencoded` body.
async fn post(means: &Means, attempt: &Attempt) -> Outcome {
    let token = match &attempt.token {
        Ok(token) => token.expose().as_str(),
        Err(why) => return Outcome::Failed(why.clone()),
    };
    let form: Form<'_> = [(LOGOUT_TOKEN, token)].into_iter().collect();
    let request = Request::post(&attempt.url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(form.encode()));
    let request = match request {
        Ok(request) => request,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    match means.outbound.send(request, MOST).await {
        Ok(response) if response.status().is_success() => Outcome::Told,
        Ok(response) if response.status() == StatusCode::BAD_REQUEST => Outcome::Refused,
        Ok(response) => Outcome::Failed(format!("it answered {}", response.status().as_u16())),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

async fn record(means: &Means, notice: &LogoutNotice, outcome: Outcome) -> Result<(), Fault> {
    let LogoutNotice { client_id, user_id, attempts, .. } = notice;
    match outcome {
        Outcome::Told => {
            tracing::debug!(client_id, "the client has heard of the sign-out");
        }
        Outcome::Refused => Event::LogoutRefused { client_id, user_id }.record(),
        Outcome::Failed(why) => {
            let [jitter] = means.env.bytes();
            if let Some(at) = notice.again(jitter, means.env.now()) {
                tracing::warn!(client_id, attempts, why, "the client could not be told of a sign-out yet");
                return means.store.postpone_notice(notice, at).await;
            }
            Event::LogoutGivenUp { client_id, user_id, attempts: *attempts }.record();
        }
    }
    means.store.settle_notice(notice).await
}
