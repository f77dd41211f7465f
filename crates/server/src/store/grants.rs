//! Codes, grants and tokens. **Single use is part of the contract**: one step checks and spends.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::{Answer, Recorded};
use crate::entity::code::{Code, CodeProof, CodeUnfit};
use crate::entity::device::DeviceUnfit;
use crate::entity::grant::{Authority, Grant};
use crate::entity::refresh::{RefreshProof, RefreshToken, RefreshUnfit};
use crate::entity::user::User;

/// A code to redeem.
#[derive(Clone, Debug)]
pub struct CodeRedemption<'a> {
    /// The digest of the code.
    pub code: Digest,
    /// What the client brings.
    pub proof: CodeProof<'a>,
}

/// A refresh token to use.
#[derive(Clone, Debug)]
pub struct RefreshRedemption<'a> {
    /// The digest of the token.
    pub token: Digest,
    /// What the client brings.
    pub proof: RefreshProof<'a>,
}

/// What is recorded in the same step.
#[derive(Clone, Debug)]
pub struct Issued {
    /// The refresh token that goes out, if any. The engine sets its `grant_id`.
    pub refresh: Option<RefreshToken>,
}

/// What became of a redemption.
#[derive(Clone, Debug)]
pub enum Redeemed {
    /// Spent, and recorded. Exactly one caller gets this for a code or a device code.
    Done(Box<Authority>),
    /// It had been spent before. The grant was ended in the same step.
    Replayed {
        /// The grant that was ended.
        grant_id: String,
    },
    /// It may not be redeemed; nothing changed, but that the poll of a device that has to wait is noted.
    Refused(Unfit),
}

/// Why something may not be redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// There is nothing under this digest (or no longer).
    Unknown,
    /// The code does not fit.
    Code(CodeUnfit),
    /// The refresh token does not fit.
    Refresh(RefreshUnfit),
    /// The device code does not fit, or has to wait.
    Device(DeviceUnfit),
    /// The person is gone or disabled.
    User,
}

/// Which access token is meant: the two halves of its `jti`.
#[derive(Clone, Copy, Debug)]
pub struct AccessTokenId<'a> {
    /// The grant it descends from; absent for a client that acts for itself.
    pub grant_id: Option<&'a str>,
    /// The whole `jti`.
    pub jti: &'a str,
}

/// What to revoke (RFC 7009).
#[derive(Clone, Copy, Debug)]
pub enum Revocation<'a> {
    /// A refresh token with its grant: §2.1: all access tokens of the grant end with it.
    Refresh {
        /// The digest of the token.
        token: Digest,
        /// The client that asks. Another client's token stays as it is.
        client_id: &'a str,
    },
    /// One access token, whose `client_id` has been checked.
    Access {
        /// Its `jti`.
        jti: &'a str,
        /// When it would end by itself.
        expires_at: Time,
    },
}

/// What became of a revocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Revoked {
    /// It is revoked now, or was before.
    Done,
    /// There is no such token for this client; nothing changed.
    Unknown,
}

/// Codes, grants and tokens.
pub trait Grants {
    /// Records a code that goes out, and its grant where that is to be recorded with it
    /// ([`GrantRecorded::WithCode`](crate::entity::code::GrantRecorded)): both or neither.
    /// A grant with a `sid` needs a session of that `sid`, offline or not: a sign-out that came first lets nothing out.
    fn issue_code<'a>(&'a self, code: &'a Code) -> Answer<'a, Recorded>;

    /// Spends a code by [`Code::check`] and records its grant, or joins the one that was recorded with it, with the
    /// refresh token of `issued`: all or nothing. Refused without effect: unknown, unfit, the person gone or disabled. A second use ends the grant.
    fn redeem_code<'a>(
        &'a self,
        spends: &'a CodeRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed>;

    /// Uses a refresh token by [`RefreshToken::check`], and records its successor or its new `expires_at` (that of
    /// `issued.refresh`). A reuse that the check does not allow ends the grant.
    fn redeem_refresh<'a>(
        &'a self,
        spends: &'a RefreshRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed>;

    /// Records a grant that no code came before (implicit, password), with its refresh token if there is one.
    /// Needs a session as in [`Grants::issue_code`]; a grant without a `sid` does not.
    fn record_grant<'a>(&'a self, grant: &'a Grant, issued: &'a Issued) -> Answer<'a, Recorded>;

    /// The person of a grant, when an access token of it is good at `now`: neither it nor its grant revoked, the
    /// person not disabled. `Some(None)` for a good token without a grant.
    fn access_token<'a>(
        &'a self,
        id: AccessTokenId<'a>,
        now: Time,
    ) -> Answer<'a, Option<Option<(Grant, User)>>>;

    /// A refresh token with its grant and person, when it could be used at `now`.
    fn refresh_token(&self, token: Digest, now: Time) -> Answer<'_, Option<(RefreshToken, Grant, User)>>;

    /// Revokes a token.
    fn revoke<'a>(&'a self, what: Revocation<'a>, now: Time) -> Answer<'a, Revoked>;
}
