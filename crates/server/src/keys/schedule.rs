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
            hints_live: config.session_lifetime,
        }
    }

    /// How long a key of this purpose is kept after its use. A sealing key for good: what it has sealed may be a client's
    /// secret, which lives as long as the client.
    pub fn kept(&self, purpose: KeyPurpose) -> Option<i64> {
        match purpose {
            KeyPurpose::Sign(_) => Some(self.tokens_live + LEEWAY),
            KeyPurpose::Seal | KeyPurpose::Derive => None,
        }
    }
}
