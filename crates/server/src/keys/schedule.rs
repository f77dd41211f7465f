//! How long each part of a key's life is. All in seconds.

use crate::config::Config;
use crate::entity::key::KeyPurpose;

/// How far clocks may differ between nodes and resource servers, and how late a node may follow.
const LEEWAY: i64 = 120;

/// When keys are followed by others, as the settings want it.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    /// How long a key is used before the next one takes its place by itself; none: only when somebody says so.
    pub rotate_every: Option<i64>,
    /// How long a key is published before it is used: at least as long as caches may keep the JWKS.
    pub publish_ahead: i64,
    /// The longest life of a token that a key signs.
    pub tokens_live: i64,
    /// The longest life of what a key seals: a request in progress.
    pub requests_live: i64,
    /// How long an ID token that has expired still says whose it was, as `id_token_hint`.
    pub hints_live: i64,
}

impl Schedule {
    /// The schedule of some settings.
    pub fn of(config: &Config) -> Self {
        Self {
            rotate_every: config.rotate_keys_every,
            publish_ahead: config.publish_keys_ahead.max(config.jwks_max_age + LEEWAY),
            tokens_live: config.access_token_lifetime.max(config.id_token_lifetime),
            requests_live: config.request_lifetime,
            hints_live: config.session_lifetime,
        }
    }

    /// How long a key of this purpose is kept after its use; none: for good. What must be read for longer than a request
    /// is in progress is sealed with the key that derives.
    pub fn kept(&self, purpose: KeyPurpose) -> Option<i64> {
        match purpose {
            KeyPurpose::Sign(_) => Some(self.tokens_live + LEEWAY),
            KeyPurpose::Seal => Some(self.requests_live + LEEWAY),
            KeyPurpose::Derive => None,
        }
    }
}
