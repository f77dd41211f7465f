//! A grant: one authorization, from which a family of tokens descends. Ending it ends them all.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;

use super::client::Client;
use super::user::User;

/// An authorization that was given to a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Its identifier, which starts the `jti` of its access tokens.
    pub id: String,
    /// The client.
    pub client_id: String,
    /// The person who gave it.
    pub user_id: String,
    /// What was allowed. Tokens may have less, never more.
    pub scope: Scope,
    /// `aud` of its access tokens.
    pub audience: Vec<String>,
    /// When the person proved who they are.
    pub auth_time: Time,
    /// How they did (RFC 8176).
    pub amr: Vec<String>,
    /// What that is called: `acr` (OpenID Connect Core §2), if it has a name here.
    #[serde(default)]
    pub acr: Option<String>,
    /// The single claims that were asked for and allowed.
    #[serde(default)]
    pub claims: GrantedClaims,
    /// The `sid` of the browser session it was given in, if any.
    pub sid: Option<String>,
    /// Whether it outlives that session: `offline_access`, or a grant without a browser.
    pub offline: bool,
    /// When it was given.
    pub created_at: Time,
    /// When it ends however much it is used.
    pub expires_at: Time,
    /// When it was ended early.
    pub revoked_at: Option<Time>,
}

/// Claims by name that were asked for beside the scope (OpenID Connect Core §5.5).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantedClaims {
    /// Those that the UserInfo endpoint shows.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub userinfo: BTreeSet<String>,
    /// Those that stand in the ID tokens.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub id_token: BTreeSet<String>,
}

impl GrantedClaims {
    /// Those that a client may still have: what was taken out of its registration since is not given any more.
    pub(crate) fn still<'a>(names: &'a BTreeSet<String>, client: &Client) -> Cow<'a, BTreeSet<String>> {
        if names.iter().all(|name| client.may_have_claim(name)) {
            return Cow::Borrowed(names);
        }
        Cow::Owned(names.iter().filter(|name| client.may_have_claim(name)).cloned().collect())
    }
}

impl Grant {
    /// Whether its tokens are good.
    pub fn is_live(&self, now: Time) -> bool {
        self.revoked_at.is_none() && now < self.expires_at
    }
}

/// What a redemption gives: everything that tokens are made of, read in the step that spent the credential.
#[derive(Clone, Debug)]
pub struct Authority {
    /// The grant.
    pub grant: Grant,
    /// The person.
    pub user: User,
    /// The scope of this access token.
    pub scope: Scope,
    /// The `nonce` of the authorization request, for the ID token.
    pub nonce: Option<String>,
    /// Whether a refresh token was recorded, or is still good.
    pub refresh: RefreshOutcome,
}

/// What became of the refresh token in a redemption.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefreshOutcome {
    /// There is none.
    None,
    /// The one in `Issued` was recorded, or had been by an earlier, lost answer.
    Issued,
    /// The one presented stays good.
    Kept,
}
