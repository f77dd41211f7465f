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

use hallpass_proto::env::Time;
use hallpass_proto::logout_token::LOGOUT_TOKEN;
use hallpass_proto::param::Form;

use crate::core::Core;
use crate::entity::Status;
use crate::entity::client::Client;
use crate::entity::logout::LogoutNotice;
use crate::event::Event;
use crate::fault::Fault;
use crate::issue::logout_token;

/// How long a person who signs out waits for the clients' answers.
const WAITED_FOR: Duration = Duration::from_secs(2);
/// How long one attempt may take: less than the notice is held.
const ONE_ATTEMPT: Duration = Duration::from_secs(15);
/// How much of that the token may take, for which the client's keys may have to be fetched.
const TOKEN: Duration = Duration::from_secs(6);
/// How many clients are told at once by one task.
const AT_ONCE: usize = 32;
/// As much of an answer as is read. §2.8 says nothing of its body but an error.
const MOST: usize = 16 * 1024;

/// Attempts that are under way.
pub(crate) struct Telling(Option<JoinHandle<()>>);

/// An attempt that can be made. The server is its own, so that it goes on when the browser has gone.
struct Attempt {
    core: Arc<Core>,
    client: Arc<Client>,
    notice: LogoutNotice,
    url: String,
    now: Time,
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
    Ok(Telling(Some(tokio::spawn(make_all(attempts)))))
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
    // A server that is being dropped tells nobody; the notice comes due again.
    let Some(core) = core.own.upgrade() else { return Ok(None) };
    Ok(Some(Attempt { core, client, notice: notice.clone(), url, now }))
}

async fn make_all(attempts: Vec<Attempt>) {
    let mut under_way = JoinSet::new();
    for attempt in attempts {
        if under_way.len() >= AT_ONCE {
            under_way.join_next().await;
        }
        under_way.spawn(make(attempt));
    }
    under_way.join_all().await;
}

async fn make(attempt: Attempt) {
    let outcome = timeout(ONE_ATTEMPT, post(&attempt)).await;
    let outcome = outcome.unwrap_or_else(|_| Outcome::Failed("no answer in time".to_owned()));
    if let Err(fault) = record(&attempt.core, &attempt.notice, outcome).await {
        // The notice comes due again by itself.
        tracing::error!(target: "hallpass::fault", %fault);
    }
}

/// §2.5: "using the HTTP POST method", with the logout token in an `application/x-www-form-urlencoded` body.
async fn post(attempt: &Attempt) -> Outcome {
    let Attempt { core, client, notice, url, now } = attempt;
    // A client whose keys cannot be had, or not soon, is told later, and keeps nobody else from being told.
    let token = match timeout(TOKEN, logout_token::issue(core, client, notice, *now)).await {
        Ok(Ok(token)) => token,
        Ok(Err(failure)) => return Outcome::Failed(format!("{failure:?}")),
        Err(_) => return Outcome::Failed("the client's keys cannot be had in time".to_owned()),
    };
    let form: Form<'_> = [(LOGOUT_TOKEN, token.expose().as_str())].into_iter().collect();
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::ACCEPT, "application/json")
        .body(Bytes::from(form.encode()));
    let request = match request {
        Ok(request) => request,
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    match core.outbound.send(request, MOST).await {
        Ok(response) if response.status().is_success() => Outcome::Told,
        Ok(response) if response.status() == StatusCode::BAD_REQUEST => Outcome::Refused,
        Ok(response) => Outcome::Failed(format!("it answered {}", response.status().as_u16())),
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

async fn record(core: &Core, notice: &LogoutNotice, outcome: Outcome) -> Result<(), Fault> {
    let LogoutNotice { client_id, user_id, attempts, .. } = notice;
    match outcome {
        Outcome::Told => {
            tracing::debug!(client_id, "the client has heard of the sign-out");
        }
        Outcome::Refused => Event::LogoutRefused { client_id, user_id }.record(),
        Outcome::Failed(why) => {
            let [jitter] = core.env.bytes();
            if let Some(at) = notice.again(jitter, core.env.now()) {
                tracing::warn!(client_id, attempts, why, "the client could not be told of a sign-out yet");
                return core.store.postpone_notice(notice, at).await;
            }
            Event::LogoutGivenUp { client_id, user_id, attempts: *attempts }.record();
        }
    }
    core.store.settle_notice(notice).await
}
