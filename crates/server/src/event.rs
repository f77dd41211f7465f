//! What an operator should hear of, whoever asked. Identifiers only: never a secret, never what was typed.

/// Something that happened to somebody's access.
#[derive(Debug)]
pub enum Event<'a> {
    /// A code came a second time; what came of the first use has ended.
    CodeReplayed {
        /// The client that presented it.
        client_id: &'a str,
        /// The grant that was ended.
        grant_id: &'a str,
    },
    /// A refresh token came again after its successor was used, or too late; its family has ended.
    RefreshReused {
        /// The client that presented it.
        client_id: &'a str,
        /// The grant that was ended.
        grant_id: &'a str,
    },
    /// An assertion came a second time.
    AssertionReplayed {
        /// The client that made it.
        client_id: &'a str,
    },
    /// A device code came a second time; what came of the first use has ended.
    DeviceCodeReplayed {
        /// The client that presented it.
        client_id: &'a str,
        /// The grant that was ended.
        grant_id: &'a str,
    },
    /// A person allowed a device something.
    DeviceAllowed {
        /// Who.
        user_id: &'a str,
        /// The client on the device.
        client_id: &'a str,
    },
    /// A person denied a device what it asked for.
    DeviceDenied {
        /// Who.
        user_id: &'a str,
        /// The client on the device.
        client_id: &'a str,
    },
    /// Too many wrong user codes from one place, or in all.
    UserCodeThrottled,
    /// Somebody signed in.
    SignedIn {
        /// Who.
        user_id: &'a str,
    },
    /// Somebody made an account.
    SignedUp {
        /// Who.
        user_id: &'a str,
    },
    /// A wrong username or password.
    SignInFailed,
    /// Too many of them for one person.
    SignInThrottled,
    /// Somebody signed out.
    SignedOut {
        /// Who.
        user_id: &'a str,
    },
    /// Somebody whose account is kept elsewhere is gone or disabled there; their sessions and tokens have ended.
    AccountEnded {
        /// Who.
        user_id: &'a str,
    },
    /// A client refused a logout token: it may still have the person signed in.
    LogoutRefused {
        /// The client.
        client_id: &'a str,
        /// Who signed out.
        user_id: &'a str,
    },
    /// A client could not be told of a sign-out for a day, and is told no more.
    LogoutGivenUp {
        /// The client.
        client_id: &'a str,
        /// Who signed out.
        user_id: &'a str,
        /// How often it was tried.
        attempts: u32,
    },
    /// A person allowed a client something.
    Consented {
        /// Who.
        user_id: &'a str,
        /// Whom.
        client_id: &'a str,
    },
    /// A client registered itself.
    ClientRegistered {
        /// Its new id.
        client_id: &'a str,
    },
    /// A client changed its registration.
    ClientUpdated {
        /// Which one.
        client_id: &'a str,
    },
    /// A client removed its registration.
    ClientDeleted {
        /// Which one.
        client_id: &'a str,
    },
    /// A person took that back.
    ConsentWithdrawn {
        /// Who.
        user_id: &'a str,
        /// Whom.
        client_id: &'a str,
    },
    /// The server has a new key.
    KeyMade {
        /// Its name.
        kid: &'a str,
        /// What it is for.
        purpose: &'a str,
        /// From when on, in seconds since 1970.
        used_from: i64,
    },
    /// A key is used no more.
    KeyRetired {
        /// Its name.
        kid: &'a str,
    },
    /// A key went, with all that it had made.
    KeyRevoked {
        /// Its name.
        kid: &'a str,
    },
}

impl Event<'_> {
    /// Writes it to the log, under the target `hallpass::event`.
    pub fn record(&self) {
        macro_rules! log {
            ($level:ident, $name:literal $(, $field:ident)*) => {
                tracing::$level!(target: "hallpass::event", event = $name $(, $field)*)
            };
        }
        match self {
            Self::CodeReplayed { client_id, grant_id } => log!(warn, "code_replayed", client_id, grant_id),
            Self::RefreshReused { client_id, grant_id } => log!(warn, "refresh_reused", client_id, grant_id),
            Self::AssertionReplayed { client_id } => log!(warn, "assertion_replayed", client_id),
            Self::DeviceCodeReplayed { client_id, grant_id } => {
                log!(warn, "device_code_replayed", client_id, grant_id)
            }
            Self::DeviceAllowed { user_id, client_id } => log!(info, "device_allowed", user_id, client_id),
            Self::DeviceDenied { user_id, client_id } => log!(info, "device_denied", user_id, client_id),
            Self::UserCodeThrottled => log!(warn, "user_code_throttled"),
            Self::SignedIn { user_id } => log!(info, "signed_in", user_id),
            Self::SignedUp { user_id } => log!(info, "signed_up", user_id),
            Self::SignInFailed => log!(info, "sign_in_failed"),
            Self::SignInThrottled => log!(warn, "sign_in_throttled"),
            Self::SignedOut { user_id } => log!(info, "signed_out", user_id),
            Self::AccountEnded { user_id } => log!(warn, "account_ended", user_id),
            Self::LogoutRefused { client_id, user_id } => log!(warn, "logout_refused", client_id, user_id),
            Self::LogoutGivenUp { client_id, user_id, attempts } => {
                log!(warn, "logout_given_up", client_id, user_id, attempts)
            }
            Self::Consented { user_id, client_id } => log!(info, "consented", user_id, client_id),
            Self::ClientRegistered { client_id } => log!(info, "client_registered", client_id),
            Self::ClientUpdated { client_id } => log!(info, "client_updated", client_id),
            Self::ClientDeleted { client_id } => log!(info, "client_deleted", client_id),
            Self::ConsentWithdrawn { user_id, client_id } => {
                log!(info, "consent_withdrawn", user_id, client_id)
            }
            Self::KeyMade { kid, purpose, used_from } => log!(info, "key_made", kid, purpose, used_from),
            Self::KeyRetired { kid } => log!(info, "key_retired", kid),
            Self::KeyRevoked { kid } => log!(warn, "key_revoked", kid),
        }
    }
}
