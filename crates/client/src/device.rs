//! The device flow — RFC 8628: a code for the person, and polls until they have answered.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use hallpass_proto::device::{
    DEFAULT_INTERVAL, DeviceAuthorizationRequest, DeviceAuthorizationResponse, SLOWER_BY,
};
use hallpass_proto::env::Time;
use hallpass_proto::error::ErrorCode;
use hallpass_proto::metadata::ServerMetadata;
use hallpass_proto::scope::Scope;
use hallpass_proto::token::TokenRequest;
use http::{Request, Response};

use crate::answer;
use crate::authenticate::Credentials;
use crate::client::Client;
use crate::error::{Error, Recovery};
use crate::tokens::Tokens;

/// The longest pause between polls of a server that cannot be reached, in seconds.
const LONGEST_PAUSE: i64 = 60;

/// The request (§3.1).
///
/// # Errors
/// When the metadata has no device authorization endpoint, or one that requests must not go to.
pub fn request(
    metadata: &ServerMetadata,
    credentials: &Credentials,
    asked: &DeviceAuthorizationRequest,
) -> Result<Request<Bytes>, Error> {
    credentials.post(endpoint(metadata)?, asked.to_form())
}

/// Reads the response (§3.2).
///
/// # Errors
/// [`Error::OAuth`] when the server says no; [`Error::Malformed`] when what it says is no such response.
pub fn response(endpoint: &str, response: &Response<Bytes>) -> Result<DeviceAuthorizationResponse, Error> {
    let read: DeviceAuthorizationResponse = answer::json(endpoint, response)?;
    if read.device_code.expose().is_empty() || read.user_code.is_empty() {
        return Err(answer::malformed(endpoint, response, "a code is empty"));
    }
    Ok(read)
}

fn endpoint(metadata: &ServerMetadata) -> Result<&str, Error> {
    metadata.device_authorization_endpoint.as_deref().ok_or_else(|| Error::NotSupported {
        issuer: metadata.issuer.to_string(),
        member: "device_authorization_endpoint",
    })
}

/// A device that waits for its person. It prints as what to tell them.
#[derive(Clone, Debug)]
pub struct Device {
    client: Client,
    codes: DeviceAuthorizationResponse,
    scope: Scope,
    expires_at: Time,
    interval: i64,
    /// Polls in a row that reached nobody.
    faults: u32,
}

/// What a poll has brought.
#[derive(Clone, Debug)]
pub enum Poll {
    /// Nothing yet: poll again after this pause.
    Wait(Duration),
    /// The person has allowed it.
    Done(Box<Tokens>),
}

impl Client {
    /// Asks for codes: the person is to be shown [`Device::user_code`] and [`Device::verification_uri`]. An empty scope
    /// asks for the default.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn device(&self, scope: &Scope) -> Result<Device, Error> {
        let metadata = self.provider().metadata().await?;
        let endpoint = endpoint(&metadata)?;
        let asked = DeviceAuthorizationRequest { scope: scope.clone() };
        let request = request(&metadata, &self.credentials(&metadata)?, &asked)?;
        let codes = response(endpoint, &self.send(endpoint, request).await?)?;
        Ok(Device {
            client: self.clone(),
            expires_at: self.env().now() + codes.expires_in.max(0),
            // Whoever says less than a second means no pause at all, and would be flooded.
            interval: codes.interval.unwrap_or(DEFAULT_INTERVAL).max(1),
            codes,
            scope: scope.clone(),
            faults: 0,
        })
    }
}

impl Device {
    /// What the person types.
    pub fn user_code(&self) -> &str {
        &self.codes.user_code
    }

    /// Where they type it.
    pub fn verification_uri(&self) -> &str {
        &self.codes.verification_uri
    }

    /// The same with the code in it, for a QR code. The code must be shown all the same: the person compares it.
    pub fn verification_uri_complete(&self) -> Option<&str> {
        self.codes.verification_uri_complete.as_deref()
    }

    /// When the codes end.
    pub fn expires_at(&self) -> Time {
        self.expires_at
    }

    /// How long to wait before the next poll.
    pub fn pause(&self) -> Duration {
        let longest = LONGEST_PAUSE.max(self.interval);
        let doubled = self.interval.saturating_mul(1_i64 << self.faults.min(16)).min(longest);
        Duration::from_secs(u64::try_from(doubled).unwrap_or_default())
    }

    /// Asks once whether the person has answered (§3.4, §3.5). A server that cannot be reached is waited for, each time
    /// twice as long, as long as the codes are good.
    ///
    /// # Errors
    /// [`Error::OAuth`] with `access_denied` when the person said no and `expired_token` when they took too long; and
    /// whatever else is final.
    pub async fn poll(&mut self) -> Result<Poll, Error> {
        let grant = TokenRequest::DeviceCode { device_code: self.codes.device_code.clone() };
        let error = match self.client.personal(grant, &self.scope).await {
            Ok(tokens) => return Ok(Poll::Done(Box::new(tokens))),
            Err(error) => error,
        };
        match &error {
            Error::OAuth { body, .. } if body.error == ErrorCode::AuthorizationPending => self.faults = 0,
            Error::OAuth { body, .. } if body.error == ErrorCode::SlowDown => {
                self.faults = 0;
                self.interval = self.interval.saturating_add(SLOWER_BY);
            }
            other if matches!(other.recovery(), Recovery::Retry { .. }) && self.is_open() => self.faults += 1,
            _ => return Err(error),
        }
        Ok(Poll::Wait(self.pause()))
    }

    /// Polls until the person has answered. Dropped and called again, it goes on where it was.
    ///
    /// # Errors
    /// As [`Device::poll`].
    pub async fn wait(&mut self) -> Result<Tokens, Error> {
        self.wait_by(tokio::time::sleep).await
    }

    /// The same, with another way to wait.
    ///
    /// # Errors
    /// As [`Device::poll`].
    pub async fn wait_by<F: Future<Output = ()>>(
        &mut self,
        sleep: impl Fn(Duration) -> F,
    ) -> Result<Tokens, Error> {
        let mut pause = self.pause();
        loop {
            sleep(pause).await;
            match self.poll().await? {
                Poll::Wait(next) => pause = next,
                Poll::Done(tokens) => return Ok(*tokens),
            }
        }
    }

    fn is_open(&self) -> bool {
        self.client.env().now() < self.expires_at
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Open {} and enter the code {}", self.verification_uri(), self.user_code())
    }
}
