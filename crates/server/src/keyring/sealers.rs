//! What seals and derives at this moment. What an earlier sealing key has sealed still opens.

use std::sync::Arc;

use arc_swap::ArcSwap;
use serde::Serialize;
use serde::de::DeserializeOwned;

use hallpass_proto::env::Env;
use hallpass_proto::seal::SealError;
use hallpass_proto::secret::Secret;

use super::snapshot::Snapshot;

/// The sealing keys and the one that derives.
pub(crate) struct Sealers(Arc<ArcSwap<Snapshot>>);

impl Sealers {
    pub(super) fn new(live: Arc<ArcSwap<Snapshot>>) -> Self {
        Self(live)
    }

    /// Seals a value for one purpose, as base64url.
    pub(crate) fn seal(&self, purpose: &str, value: &impl Serialize, env: &Env) -> Result<String, SealError> {
        self.0.load().seals().seal(purpose, value, env)
    }

    /// Opens what was sealed for the same purpose. None for anything else.
    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &str, sealed: &str) -> Option<T> {
        self.0.load().opens().find_map(|sealer| sealer.open(purpose, sealed))
    }

    /// Opens what [`client_secret::give`](crate::client_secret::give) has sealed, with the key that never changes.
    pub(crate) fn open_kept<T: DeserializeOwned>(&self, purpose: &str, sealed: &str) -> Option<T> {
        self.0.load().derives().open(purpose, sealed)
    }

    /// A value that follows from the parts, today as in ten years, and cannot be found without the key.
    pub(crate) fn derive(&self, purpose: &str, parts: &[&str]) -> Secret {
        self.0.load().derives().derive(purpose, parts)
    }

    /// Whether `presented` is that value, in constant time.
    pub(crate) fn derived(&self, purpose: &str, parts: &[&str], presented: &str) -> bool {
        self.0.load().derives().derived(purpose, parts, presented)
    }
}
