//! Device codes. **One answer, and single use, are part of the contract**: one step checks and changes.

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;

use super::Answer;
use super::grants::{Issued, Redeemed};
use crate::entity::device::{DeviceCode, DeviceDecision};

/// A poll with a device code.
#[derive(Clone, Copy, Debug)]
pub struct DeviceRedemption<'a> {
    /// The digest of the code.
    pub code: Digest,
    /// The client, already authenticated.
    pub client_id: &'a str,
}

/// What became of a device code that was to go out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceIssued {
    /// It is recorded.
    Done,
    /// Another one has the same user code; nothing changed. Draw again.
    UserCodeTaken,
}

/// What became of a person's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decided {
    /// It counts. Exactly one caller gets this for a code.
    Done,
    /// There is nothing to answer so: no such code, or it was answered before, is too old, or is another client's.
    /// Nothing changed.
    Gone,
}

/// Device codes.
pub trait Devices {
    /// Records a code that goes out.
    fn issue_device<'a>(&'a self, device: &'a DeviceCode) -> Answer<'a, DeviceIssued>;

    /// The code that waits for a person's answer under this user code at `now` ([`DeviceCode::is_open`]).
    fn open_device(&self, user_code: Digest, now: Time) -> Answer<'_, Option<DeviceCode>>;

    /// Records a person's answer by [`DeviceCode::takes`], and with a yes the consent of the grant's person to its
    /// client, as [`super::Sessions::put_consent`] would.
    fn decide_device<'a>(
        &'a self,
        code: Digest,
        decision: &'a DeviceDecision,
        now: Time,
    ) -> Answer<'a, Decided>;

    /// Takes a poll by [`DeviceCode::check`]: spends an approved code and records its grant, with the refresh token of
    /// `issued`, all or nothing; notes the poll of one that waits ([`DeviceCode::polled`]). Refused without effect:
    /// unknown, unfit in any other way, the person gone or disabled. A second use ends the grant.
    fn redeem_device<'a>(
        &'a self,
        spends: &'a DeviceRedemption<'a>,
        issued: &'a Issued,
        now: Time,
    ) -> Answer<'a, Redeemed>;
}
