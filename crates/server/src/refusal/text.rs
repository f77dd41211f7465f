//! What is said of a code, a refresh token or a device code that is not taken.

use crate::entity::code::CodeUnfit;
use crate::entity::device::DeviceUnfit;
use crate::entity::refresh::RefreshUnfit;

/// One text for all, but for what the owner of the code can mend: a stranger must not learn what he holds.
pub(super) fn code_text(unfit: &CodeUnfit) -> &'static str {
    match unfit {
        CodeUnfit::OtherClient | CodeUnfit::Spent | CodeUnfit::Expired | CodeUnfit::GrantEnded => {
            "the code is unknown or has expired"
        }
        CodeUnfit::RedirectUriDiffers => "redirect_uri is not the one of the authorization request",
        CodeUnfit::VerifierMissing => {
            "code_verifier is required: the authorization request had a code_challenge"
        }
        CodeUnfit::VerifierUnexpected => {
            "code_verifier came, but the authorization request had no code_challenge"
        }
        CodeUnfit::VerifierWrong => "code_verifier does not fit the code_challenge",
    }
}

pub(super) fn refresh_text(unfit: &RefreshUnfit) -> &'static str {
    match unfit {
        RefreshUnfit::OtherClient
        | RefreshUnfit::GrantEnded
        | RefreshUnfit::Expired
        | RefreshUnfit::Reused => "the refresh token is unknown or has expired",
        RefreshUnfit::ScopeBeyondGrant => "the scope is more than was granted",
        RefreshUnfit::ScopeWithdrawn => "the client may no longer have the scope that was granted",
    }
}

pub(super) fn device_text(unfit: &DeviceUnfit) -> &'static str {
    match unfit {
        DeviceUnfit::OtherClient | DeviceUnfit::Spent => "the device code is unknown",
        DeviceUnfit::Pending => "the user has not answered yet: poll again after the interval",
        DeviceUnfit::TooSoon => "too many polls: wait 5 seconds longer between them from now on",
        DeviceUnfit::Denied => "the user denied the request",
        DeviceUnfit::Expired => "the device code has expired: begin again",
    }
}
