//! A store that can be told to break, one method at a time.

use std::sync::{Arc, Mutex, PoisonError};

use hallpass_proto::env::Time;
use hallpass_proto::secret::Digest;
use hallpass_server::config::Config;
use hallpass_server::entity::client::Client;
use hallpass_server::entity::code::Code;
use hallpass_server::entity::consent::Consent;
use hallpass_server::entity::device::{DeviceCode, DeviceDecision};
use hallpass_server::entity::grant::Grant;
use hallpass_server::entity::key_set::{KeyChange, KeySet};
use hallpass_server::entity::logout::{LogoutNotice, SessionClient};
use hallpass_server::entity::refresh::RefreshToken;
use hallpass_server::entity::registration_token::RegistrationToken;
use hallpass_server::entity::session::Session;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::memory::MemoryStore;
use hallpass_server::store::{
    AccessTokenId, Answer, Clients, CodeRedemption, Decided, DeviceIssued, DeviceRedemption, Devices, Grants,
    Issued, Keys, KeysChanged, Logout, Recorded, Redeemed, RefreshRedemption, Registered, Registrations,
    Replay, Revocation, Revoked, SessionUser, Sessions, Store, Use, Users,
};
use hallpass_testkit::TestIssuer;
use hallpass_testkit::issuer::ISSUER;

/// What only the log may say of a break.
pub(crate) const DETAIL: &str = "canary-of-the-fault";

/// How it breaks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Break {
    Down,
    Busy,
    Corrupt,
}

/// A memory store of which one method breaks.
#[derive(Debug, Default)]
pub(crate) struct FailingStore {
    inner: MemoryStore,
    broken: Mutex<Option<(&'static str, Break)>>,
    signs_out: Mutex<Option<(&'static str, String, Time)>>,
}

impl FailingStore {
    /// A server over such a store.
    pub(crate) async fn issuer() -> (TestIssuer, Arc<Self>) {
        Self::issuer_with(|_| {}).await
    }

    /// The same with other settings.
    pub(crate) async fn issuer_with(settings: impl FnOnce(&mut Config)) -> (TestIssuer, Arc<Self>) {
        let store = Arc::new(Self::default());
        (TestIssuer::over(ISSUER, store.clone(), settings).await, store)
    }

    /// From now on `method` breaks.
    pub(crate) fn fail(&self, method: &'static str, how: Break) {
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = Some((method, how));
    }

    /// A person signs out everywhere, just before `method` is called the next time.
    pub(crate) fn sign_out_before(&self, method: &'static str, user_id: &str, now: Time) {
        let asked = Some((method, user_id.to_owned(), now));
        *self.signs_out.lock().unwrap_or_else(PoisonError::into_inner) = asked;
    }

    async fn sign_out(&self, method: &str) -> Result<(), Fault> {
        let due = {
            let mut asked = self.signs_out.lock().unwrap_or_else(PoisonError::into_inner);
            asked.take_if(|(before, ..)| *before == method)
        };
        if let Some((_, user_id, now)) = due {
            self.inner.end_sessions_of(&user_id, now).await?;
        }
        Ok(())
    }

    /// All is well again.
    pub(crate) fn heal(&self) {
        *self.broken.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn check(&self, method: &str) -> Result<(), Fault> {
        match *self.broken.lock().unwrap_or_else(PoisonError::into_inner) {
            Some((broken, how)) if broken == method => Err(match how {
                Break::Down => Fault::Store(DETAIL.to_owned()),
                Break::Busy => Fault::StoreBusy,
                Break::Corrupt => Fault::Corrupt { what: "record", why: DETAIL.to_owned() },
            }),
            Some(_) | None => Ok(()),
        }
    }
}

/// Methods that ask whether they are broken, and then do what the memory store does.
macro_rules! pass_on {
    ($(fn $name:ident($($arg:ident: $ty:ty),*) -> $out:ty;)*) => {
        $(
            fn $name<'s>(&'s self $(, $arg: $ty)*) -> Answer<'s, $out> {
                Box::pin(async move {
                    self.check(stringify!($name))?;
                    self.sign_out(stringify!($name)).await?;
                    self.inner.$name($($arg),*).await
                })
            }
        )*
    };
}

impl Clients for FailingStore {
    pass_on! {
        fn client(client_id: &'s str) -> Option<Client>;
        fn clients() -> Vec<Client>;
        fn put_client(client: &'s Client) -> ();
    }
}

impl Registrations for FailingStore {
    pass_on! {
        fn register_client(client: &'s Client, token: Option<Digest>, now: Time) -> Registered;
        fn update_client(before: &'s Client, after: &'s Client) -> bool;
        fn delete_client(client_id: &'s str, now: Time) -> bool;
        fn registration_tokens() -> Vec<RegistrationToken>;
        fn registration_token(digest: Digest) -> Option<RegistrationToken>;
        fn issue_registration_token(token: &'s RegistrationToken) -> ();
        fn revoke_registration_token(id: &'s str) -> bool;
    }
}

impl Users for FailingStore {
    pass_on! {
        fn user(id: &'s str) -> Option<User>;
        fn user_by_login(login: &'s str) -> Option<User>;
        fn put_user(user: &'s User) -> ();
    }
}

impl Sessions for FailingStore {
    pass_on! {
        fn start_session(session: &'s Session, replaces: Option<Digest>, now: Time) -> Vec<LogoutNotice>;
        fn session(digest: Digest, idle: i64, now: Time) -> Option<SessionUser>;
        fn touch_session(digest: Digest, now: Time) -> ();
        fn end_session(digest: Digest, now: Time) -> Vec<LogoutNotice>;
        fn consent(user_id: &'s str, client_id: &'s str) -> Option<Consent>;
        fn consents(user_id: &'s str) -> Vec<Consent>;
        fn put_consent(consent: &'s Consent) -> ();
        fn withdraw_consent(user_id: &'s str, client_id: &'s str, now: Time) -> ();
    }
}

impl Devices for FailingStore {
    pass_on! {
        fn issue_device(device: &'s DeviceCode) -> DeviceIssued;
        fn open_device(user_code: Digest, now: Time) -> Option<DeviceCode>;
        fn decide_device(code: Digest, decision: &'s DeviceDecision, now: Time) -> Decided;
        fn redeem_device(spends: &'s DeviceRedemption<'s>, issued: &'s Issued, now: Time) -> Redeemed;
    }
}

impl Logout for FailingStore {
    pass_on! {
        fn enter_session(entered: &'s SessionClient) -> Recorded;
        fn end_sessions_of(user_id: &'s str, now: Time) -> usize;
        fn take_notices(limit: usize, until: Time, now: Time) -> Vec<LogoutNotice>;
        fn postpone_notice(taken: &'s LogoutNotice, due_at: Time) -> ();
        fn settle_notice(taken: &'s LogoutNotice) -> ();
    }
}

impl Grants for FailingStore {
    pass_on! {
        fn issue_code(code: &'s Code) -> Recorded;
        fn redeem_code(spends: &'s CodeRedemption<'s>, issued: &'s Issued, now: Time) -> Redeemed;
        fn redeem_refresh(spends: &'s RefreshRedemption<'s>, issued: &'s Issued, now: Time) -> Redeemed;
        fn record_grant(grant: &'s Grant, issued: &'s Issued) -> Recorded;
        fn access_token(id: AccessTokenId<'s>, now: Time) -> Option<Option<(Grant, User)>>;
        fn refresh_token(token: Digest, now: Time) -> Option<(RefreshToken, Grant, User)>;
        fn revoke(what: Revocation<'s>, now: Time) -> Revoked;
    }
}

impl Keys for FailingStore {
    pass_on! {
        fn keys() -> KeySet;
        fn change_keys(change: &'s KeyChange) -> KeysChanged;
    }
}

impl Replay for FailingStore {
    pass_on! {
        fn use_once(id: Digest, until: Time) -> Use;
    }
}

impl Store for FailingStore {
    pass_on! {
        fn sweep(limit: usize, now: Time) -> usize;
        fn ready() -> ();
    }
}
