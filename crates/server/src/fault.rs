//! Every way to break. A fault is `server_error` or `temporarily_unavailable` to the peer, with no text of its own
//! outside the log: what broke is nobody's business but the operator's.

use hallpass_proto::error::ErrorCode;

/// Something that should not happen, and is not the peer's doing.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The store could not do its work: the disk is full, the database is gone.
    #[error("the store failed: {0}")]
    Store(String),
    /// The store has too much to do; the same request may succeed a moment later.
    #[error("the store is overloaded")]
    StoreBusy,
    /// The accounts that are kept elsewhere could not be asked, or answered what they must not.
    #[error("the accounts failed: {0}")]
    Accounts(String),
    /// What the store gave back makes no sense.
    #[error("the store holds a {what} that cannot be read: {why}")]
    Corrupt {
        /// Which record.
        what: &'static str,
        /// What is wrong with it.
        why: String,
    },
    /// No key for the purpose, or one that cannot be used.
    #[error("a key cannot be used: {0}")]
    Key(String),
    /// Password hashing failed.
    #[error("password hashing failed: {0}")]
    PasswordHash(String),
    /// A task ended without an answer.
    #[error("a task ended without an answer: {0}")]
    Task(&'static str),
}

impl Fault {
    /// The code on the wire. A store, or accounts, that cannot work now may work in a second; anything else will not mend itself.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Store(_) | Self::StoreBusy | Self::Accounts(_) => ErrorCode::TemporarilyUnavailable,
            Self::Corrupt { .. } | Self::Key(_) | Self::PasswordHash(_) | Self::Task(_) => {
                ErrorCode::ServerError
            }
        }
    }
}

impl From<hallpass_proto::seal::SealError> for Fault {
    fn from(error: hallpass_proto::seal::SealError) -> Self {
        Self::Key(error.to_string())
    }
}
