//! An authorization code — RFC 6749 §4.1.2, RFC 7636 §4.6, RFC 9700 §2.1.

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::pkce::CodeChallenge;
use hallpass_proto::secret::Digest;

use super::grant::Grant;

/// A code that was handed out, with the grant that it will become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Code {
    /// The digest of the code.
    pub digest: Digest,
    /// What its redemption gives.
    pub grant: Grant,
    /// When that is recorded as a grant.
    pub grant_recorded: GrantRecorded,
    /// The `redirect_uri` of the request.
    pub redirect_uri: String,
    /// PKCE, when the request had it.
    pub code_challenge: Option<CodeChallenge>,
    /// The `nonce` of the request.
    pub nonce: Option<String>,
    /// When it can no longer be redeemed.
    pub expires_at: Time,
    /// Whether it was redeemed.
    pub state: CodeState,
}

/// When the grant of a code is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantRecorded {
    /// By the redemption. Nothing descends from it before.
    #[default]
    AtRedemption,
    /// With the code, since tokens go out beside it (OpenID Connect Core §3.3): the redemption joins the grant that is
    /// there, so that all tokens of one answer end together.
    WithCode,
}

/// Whether a code was redeemed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CodeState {
    /// Not yet.
    Fresh,
    /// At that time. Kept for a while, so that a second use is noticed.
    Spent(Time),
}

/// What a client brings to redeem a code.
#[derive(Clone, Debug)]
pub struct CodeProof<'a> {
    /// The client, already authenticated.
    pub client_id: &'a str,
    /// The `redirect_uri` of the token request.
    pub redirect_uri: Option<&'a str>,
    /// The challenge that its `code_verifier` hashes to.
    pub code_challenge: Option<CodeChallenge>,
}

/// Why a code cannot be redeemed. Nothing changes but for [`CodeUnfit::Spent`], which ends the grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CodeUnfit {
    /// It was issued to another client. The code stays good for its owner.
    OtherClient,
    /// It was redeemed before.
    Spent,
    /// It is too old, or what it stands for has run out.
    Expired,
    /// The grant that was recorded with it has been ended.
    GrantEnded,
    /// RFC 6749 §4.1.3: the values of `redirect_uri` "MUST be identical".
    RedirectUriDiffers,
    /// RFC 7636 §4.5: there was a challenge, so a verifier is required.
    VerifierMissing,
    /// RFC 9700 §4.8.2: a verifier without a challenge is a downgrade attempt.
    VerifierUnexpected,
    /// The verifier does not hash to the challenge.
    VerifierWrong,
}

impl Code {
    /// Whether `proof` redeems this code at `now`. `recorded_until` is when the grant that was recorded with the code
    /// runs out: `None` where there is none, or it has been ended. Every engine asks this inside its atomic step.
    pub fn check(
        &self,
        recorded_until: Option<Time>,
        proof: &CodeProof<'_>,
        now: Time,
    ) -> Result<(), CodeUnfit> {
        if self.grant.client_id != proof.client_id {
            return Err(CodeUnfit::OtherClient);
        }
        if self.state != CodeState::Fresh {
            return Err(CodeUnfit::Spent);
        }
        if now >= self.expires_at || now >= self.grant.expires_at {
            return Err(CodeUnfit::Expired);
        }
        match self.grant_recorded {
            GrantRecorded::WithCode if recorded_until.is_none_or(|end| now >= end) => {
                return Err(CodeUnfit::GrantEnded);
            }
            GrantRecorded::WithCode | GrantRecorded::AtRedemption => {}
        }
        if proof.redirect_uri != Some(self.redirect_uri.as_str()) {
            return Err(CodeUnfit::RedirectUriDiffers);
        }
        match (&self.code_challenge, &proof.code_challenge) {
            (None, None) => Ok(()),
            (Some(_), None) => Err(CodeUnfit::VerifierMissing),
            (None, Some(_)) => Err(CodeUnfit::VerifierUnexpected),
            (Some(asked), Some(given)) if asked == given => Ok(()),
            (Some(_), Some(_)) => Err(CodeUnfit::VerifierWrong),
        }
    }
}
