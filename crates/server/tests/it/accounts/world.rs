//! Accounts of a program of its own, and a server that asks them.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hallpass_proto::env::Time;
use hallpass_proto::userinfo::Claims;
use hallpass_server::accounts::{Accounts, Credentials, Verdict};
use hallpass_server::entity::Status;
use hallpass_server::entity::user::User;
use hallpass_server::fault::Fault;
use hallpass_server::store::Answer;
use hallpass_testkit::browser::{VERIFIER, authorize_url, form_of, response_of};
use hallpass_testkit::{Browser, Reply, TestIssuer};
use serde_json::json;

/// Where the web application is called back.
pub(super) const CALLBACK: &str = "https://web.example/cb";
/// Who is in the directory: not one of the fixture's people, who are in the store.
pub(super) const EMMY: &str = "noether-1882";
/// Her password.
pub(super) const PASSWORD: &str = "invariants";
/// Her one-time code, for those who ask for it.
pub(super) const ONE_TIME_CODE: &str = "190723";

/// A directory that is not the store.
#[derive(Default)]
pub(super) struct Directory {
    people: Mutex<BTreeMap<String, User>>,
    broken: Mutex<bool>,
    wants_code: Mutex<bool>,
}

impl Directory {
    /// With Emmy in it, and a server that asks it.
    pub(super) async fn issuer() -> (TestIssuer, Arc<Self>) {
        let directory = Arc::new(Self::default());
        directory.put(emmy());
        let accounts = directory.clone();
        (TestIssuer::made_of(|builder| builder.accounts(accounts)).await, directory)
    }

    pub(super) fn put(&self, user: User) {
        lock(&self.people).insert(user.id.clone(), user);
    }

    pub(super) fn remove(&self, id: &str) {
        lock(&self.people).remove(id);
    }

    /// Whether it breaks when it is asked.
    pub(super) fn set_broken(&self, broken: bool) {
        *lock(&self.broken) = broken;
    }

    /// From now on a one-time code is asked for too.
    pub(super) fn want_code(&self) {
        *lock(&self.wants_code) = true;
    }

    fn find(&self, fits: impl Fn(&User) -> bool) -> Result<Option<User>, Fault> {
        if *lock(&self.broken) {
            return Err(Fault::Accounts("the directory is down".to_owned()));
        }
        Ok(lock(&self.people).values().find(|user| fits(user)).cloned())
    }
}

impl Accounts for Directory {
    fn find<'a>(&'a self, id: &'a str) -> Answer<'a, Option<User>> {
        Box::pin(async move { self.find(|user| user.id == id) })
    }

    fn find_by_login<'a>(&'a self, login: &'a str) -> Answer<'a, Option<User>> {
        Box::pin(async move { self.find(|user| user.logins.iter().any(|known| known == login)) })
    }

    fn verify<'a>(&'a self, user: Option<&'a User>, shown: &'a Credentials<'a>) -> Answer<'a, Verdict> {
        Box::pin(async move {
            let right = user.is_some_and(|user| user.password_hash == *shown.password());
            let wants_code = *lock(&self.wants_code);
            Ok(match (right, wants_code, shown.field("code")) {
                (true, false, _) => Verdict::by_password(),
                (true, true, Some(ONE_TIME_CODE)) => {
                    Verdict::Right { amr: vec!["pwd".to_owned(), "otp".to_owned(), "mfa".to_owned()] }
                }
                _ => Verdict::Wrong,
            })
        })
    }
}

/// Emmy as the directory has her.
pub(super) fn emmy() -> User {
    let claims = json!({ "name": "Emmy Noether", "email": "emmy@uni.example" });
    User {
        logins: vec!["emmy".to_owned()],
        password_hash: PASSWORD.into(),
        claims: Claims(claims.as_object().expect("an object").clone()),
        ..User::new(EMMY, Time::from_unix(0))
    }
}

/// Emmy, disabled.
pub(super) fn disabled() -> User {
    User { status: Status::Disabled, ..emmy() }
}

/// Fills in the sign-in form.
pub(super) async fn try_to_sign_in(browser: &Browser, fields: &[(&str, &str)]) -> Reply {
    let page = browser.open(&authorize_url("web", CALLBACK, &[("prompt", "login")])).await;
    form_of(&page, "sign-in");
    browser.submit(&page, "sign-in", fields).await
}

/// A browser in which Emmy is signed in.
pub(super) async fn browser_of_emmy(issuer: &TestIssuer) -> Browser {
    let browser = issuer.browser();
    let reply = try_to_sign_in(&browser, &[("username", "emmy"), ("password", PASSWORD)]).await;
    assert!(reply.status.is_redirection(), "{} {}", reply.status, reply.body);
    browser
}

/// A code that Emmy lets the web application have.
pub(super) async fn code(browser: &Browser) -> String {
    browser
        .code("web", CALLBACK, &[("scope", "openid profile email offline_access"), ("prompt", "consent")])
        .await
}

/// The web application redeems it.
pub(super) async fn redeem(issuer: &TestIssuer, code: &str) -> Reply {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    issuer.token("web", &form).await
}

/// The web application refreshes.
pub(super) async fn refresh(issuer: &TestIssuer, token: &str) -> Reply {
    issuer.token("web", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Sees that the client is told that something is wrong on our side, and that nobody is signed in by that.
#[track_caller]
pub(super) fn assert_told(reply: &Reply) {
    let error = response_of(reply).error.expect("a refusal");
    assert_eq!((error.error.as_str(), error.error_description), ("temporarily_unavailable", None));
    assert!(!reply.header("set-cookie").contains("session"), "{:?}", reply.headers);
}
