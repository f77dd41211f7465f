//! A device code: a device that asks, and what the person said to it — RFC 8628 §3.2, §3.5, §5.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use hallpass_proto::device::SLOWER_BY;
use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Digest;

use super::grant::Grant;

/// A device code that was handed out, together with its user code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCode {
    /// The digest of the device code.
    pub digest: Digest,
    /// What the user code is found by: a digest that nobody can make without the server's key.
    pub user_code: Digest,
    /// The client.
    pub client_id: String,
    /// What it asks for.
    pub scope: Scope,
    /// Where the request came from, as far as that is known: shown to the person who is asked.
    pub asked_from: Option<IpAddr>,
    /// When it came.
    pub asked_at: Time,
    /// When neither code can be used any more.
    pub expires_at: Time,
    /// How many seconds must lie between two polls.
    pub interval: i64,
    /// When the device last polled.
    pub polled_at: Option<Time>,
    /// What the person has said.
    pub state: DeviceState,
}

/// What the person has said, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceState {
    /// Nothing yet.
    Pending,
    /// Yes. The device gets this grant with its next poll; it is recorded only then.
    Approved(Box<Grant>),
    /// No.
    Denied,
    /// Yes, and the device has the tokens of this grant. Kept for a while, so that a second use is noticed.
    Redeemed {
        /// The grant.
        grant_id: String,
    },
}

/// What a person says to a device.
#[derive(Clone, Debug)]
pub enum DeviceDecision {
    /// Yes: the device gets this grant, which outlives the browser ([`Grant::offline`]). The person's consent to the
    /// client is recorded in the same step.
    Approve(Box<Grant>),
    /// No.
    Deny,
}

/// Why a poll gives no tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceUnfit {
    /// It was issued to another client. It stays good for its owner.
    OtherClient,
    /// The person has not answered yet.
    Pending,
    /// The person has not answered yet, and the device asks too often: its interval is longer from now on.
    TooSoon,
    /// The person said no.
    Denied,
    /// It was redeemed before.
    Spent,
    /// It is too old, or what it stands for has run out.
    Expired,
}

impl DeviceCode {
    /// Whether a poll of `client_id` at `now` redeems this code, and for which grant. Every engine asks this inside its
    /// atomic step. A poll that is [`DeviceUnfit::Pending`] or [`DeviceUnfit::TooSoon`] is noted by
    /// [`DeviceCode::polled`].
    ///
    /// A poll that comes too soon after the last one still gets the tokens when they are there: `slow_down` is "a
    /// variant of `authorization_pending`" (§3.5).
    pub fn check(&self, client_id: &str, now: Time) -> Result<&Grant, DeviceUnfit> {
        if self.client_id != client_id {
            return Err(DeviceUnfit::OtherClient);
        }
        match &self.state {
            DeviceState::Redeemed { .. } => Err(DeviceUnfit::Spent),
            DeviceState::Denied => Err(DeviceUnfit::Denied),
            DeviceState::Pending | DeviceState::Approved(_) if now >= self.expires_at => {
                Err(DeviceUnfit::Expired)
            }
            DeviceState::Pending if self.is_too_soon(now) => Err(DeviceUnfit::TooSoon),
            DeviceState::Pending => Err(DeviceUnfit::Pending),
            DeviceState::Approved(grant) if now >= grant.expires_at => Err(DeviceUnfit::Expired),
            DeviceState::Approved(grant) => Ok(grant),
        }
    }

    /// The code after a poll that had to wait.
    #[must_use]
    pub fn polled(self, now: Time) -> Self {
        let interval = if self.is_too_soon(now) { self.interval + SLOWER_BY } else { self.interval };
        Self { interval, polled_at: Some(now), ..self }
    }

    /// Whether a person can still answer.
    pub fn is_open(&self, now: Time) -> bool {
        self.state == DeviceState::Pending && now < self.expires_at
    }

    /// Whether this answer to it counts: it is open, and a grant is one for its client.
    pub fn takes(&self, decision: &DeviceDecision, now: Time) -> bool {
        let fits = match decision {
            DeviceDecision::Approve(grant) => grant.client_id == self.client_id,
            DeviceDecision::Deny => true,
        };
        fits && self.is_open(now)
    }

    fn is_too_soon(&self, now: Time) -> bool {
        self.polled_at.is_some_and(|last| now.since(last) < self.interval)
    }
}
