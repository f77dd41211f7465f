//! The keys that seal cookies: the first one seals, any of them opens, so that a key can be replaced at leisure.

use hallpass_proto::env::Env;
use hallpass_proto::seal::{SealError, Sealer};
use hallpass_proto::secret::Secret;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::ConfigError;

/// How many characters a session key has at least.
const MIN_LENGTH: usize = 32;

pub(crate) struct Seals(Vec<Sealer>);

impl Seals {
    /// From secrets of at least 32 characters each.
    pub(crate) fn new(secrets: &[Secret]) -> Result<Self, ConfigError> {
        let invalid =
            |reason: &str| ConfigError::Invalid { variable: "session_key".into(), reason: reason.into() };
        if secrets.is_empty() || secrets.iter().any(|secret| secret.expose().len() < MIN_LENGTH) {
            return Err(invalid(
                "it needs at least 32 characters; `openssl rand -base64 32` makes a good one",
            ));
        }
        let sealer =
            |secret: &Secret| Sealer::new(secret.digest().as_bytes()).map_err(|e| invalid(&e.to_string()));
        Ok(Self(secrets.iter().map(sealer).collect::<Result<_, _>>()?))
    }

    pub(crate) fn seal(&self, purpose: &str, value: &impl Serialize, env: &Env) -> Result<String, SealError> {
        self.0.first().ok_or(SealError::Key)?.seal(purpose, value, env)
    }

    pub(crate) fn open<T: DeserializeOwned>(&self, purpose: &str, sealed: &str) -> Option<T> {
        self.0.iter().find_map(|sealer| sealer.open(purpose, sealed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "old-0123456789abcdef0123456789abcdef";
    const NEW: &str = "new-0123456789abcdef0123456789abcdef";

    #[test]
    fn an_older_key_still_opens() {
        let sealed = Seals::new(&[OLD.into()]).expect("seals").seal("p", &1, &Env::system()).expect("seals");
        assert_eq!(Seals::new(&[NEW.into(), OLD.into()]).expect("seals").open::<i32>("p", &sealed), Some(1));
        assert_eq!(Seals::new(&[NEW.into()]).expect("seals").open::<i32>("p", &sealed), None);
    }

    #[test]
    fn a_short_key_is_refused_with_a_way_to_make_a_good_one() {
        for secrets in [vec![], vec![Secret::from("short")], vec![OLD.into(), "short".into()]] {
            let error = Seals::new(&secrets).err().expect("refused").to_string();
            assert!(error.contains("session_key") && error.contains("openssl rand"), "{error}");
        }
    }
}
