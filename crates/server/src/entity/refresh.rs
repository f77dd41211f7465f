//! A refresh token — RFC 6749 §6, RFC 9700 §4.14, and the policy of DESIGN §5.

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Digest;

use super::grant::Grant;

/// A refresh token of a grant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefreshToken {
    /// The digest of the token.
    pub digest: Digest,
    /// The grant it belongs to: its family.
    pub grant_id: String,
    /// When it was issued.
    pub issued_at: Time,
    /// When it ends unless it is used before.
    pub expires_at: Time,
    /// Whether it is the newest of its family.
    pub state: RefreshState,
}

/// Whether a refresh token is the newest of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefreshState {
    /// It is.
    Current,
    /// It was used, and `by` took its place.
    Superseded {
        /// When.
        at: Time,
        /// The digest of its successor.
        by: Digest,
    },
}

/// What a client brings to use a refresh token.
#[derive(Clone, Debug)]
pub struct RefreshProof<'a> {
    /// The client, already authenticated.
    pub client_id: &'a str,
    /// A narrower scope, if one was asked for.
    pub scope: Option<&'a Scope>,
    /// The widest scope that the client is registered for now.
    pub registered: &'a Scope,
    /// What happens to the token.
    pub rotation: Rotation,
}

/// What happens to a refresh token that is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// It stays good (FAPI 2.0 §5.3.2.1: confidential clients are not rotated).
    Keep,
    /// A successor takes its place. It may be used again for `grace` seconds while the successor is unused,
    /// and then gives the same successor again: an answer that was lost does not sign a person out.
    Rotate {
        /// Seconds.
        grace: i64,
    },
}

/// What using a refresh token means, when it may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshUse {
    /// It stays, with a new `expires_at`.
    Keep,
    /// It is superseded by the new one.
    Rotate,
    /// It was superseded a moment ago by this same new one, which nobody has used: give that again.
    Repeat,
}

/// Why a refresh token cannot be used. Nothing changes but for [`RefreshUnfit::Reused`], which ends the grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshUnfit {
    /// It was issued to another client.
    OtherClient,
    /// Its grant was revoked or has run out.
    GrantEnded,
    /// It was not used for too long.
    Expired,
    /// It was used before, and its successor is in use or the grace is over.
    Reused,
    /// RFC 6749 §6: the scope "MUST NOT include any scope not originally granted".
    ScopeBeyondGrant,
    /// What would be given was taken out of the client's registration since.
    ScopeWithdrawn,
}

impl RefreshToken {
    /// Whether `proof` may use this token of `grant` at `now`. `successor` is the token that took its place, if
    /// any is known, and `issued` the one that would go out now. Every engine asks this inside its atomic step.
    pub fn check(
        &self,
        grant: &Grant,
        successor: Option<&RefreshToken>,
        issued: Option<Digest>,
        proof: &RefreshProof<'_>,
        now: Time,
    ) -> Result<RefreshUse, RefreshUnfit> {
        if grant.client_id != proof.client_id {
            return Err(RefreshUnfit::OtherClient);
        }
        if !grant.is_live(now) {
            return Err(RefreshUnfit::GrantEnded);
        }
        let outcome = match (self.state, proof.rotation) {
            (RefreshState::Current, _) if now >= self.expires_at => return Err(RefreshUnfit::Expired),
            (RefreshState::Current, Rotation::Keep) => RefreshUse::Keep,
            (RefreshState::Current, Rotation::Rotate { .. }) => RefreshUse::Rotate,
            (RefreshState::Superseded { at, by }, Rotation::Rotate { grace })
                if issued == Some(by)
                    && now.since(at) <= grace
                    && successor.is_some_and(|s| s.state == RefreshState::Current) =>
            {
                RefreshUse::Repeat
            }
            (RefreshState::Superseded { .. }, Rotation::Rotate { .. } | Rotation::Keep) => {
                return Err(RefreshUnfit::Reused);
            }
        };
        if proof.scope.is_some_and(|scope| !scope.is_subset(&grant.scope)) {
            return Err(RefreshUnfit::ScopeBeyondGrant);
        }
        if !proof.scope.unwrap_or(&grant.scope).is_subset(proof.registered) {
            return Err(RefreshUnfit::ScopeWithdrawn);
        }
        Ok(outcome)
    }
}
