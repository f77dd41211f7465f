//! What a person has allowed a client.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use hallpass_proto::env::Time;
use hallpass_proto::scope::Scope;

/// A person's standing consent for one client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who allowed it.
    pub user_id: String,
    /// Whom.
    pub client_id: String,
    /// What.
    pub scope: Scope,
    /// The claims beside those of the scope, without language (OpenID Connect Core §5.5).
    #[serde(default)]
    pub claims: BTreeSet<String>,
    /// Since when; a wider consent keeps the date of the first.
    pub granted_at: Time,
}
