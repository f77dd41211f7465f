//! Who is gone or disabled in the directory has nothing here any more, whichever door is tried first.

use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::{Browser, TestIssuer};
use serde_json::json;

use super::world::{CALLBACK, Directory, EMMY, browser_of_emmy, code, disabled, emmy, redeem, refresh};

/// What Emmy has: a browser, and what came of a sign-in there.
struct Held {
    browser: Browser,
    access_token: String,
    refresh_token: String,
    code: String,
}

/// A way to find out whether she still may.
#[derive(Clone, Copy, Debug)]
enum Door {
    UserInfo,
    IntrospectionOfAccess,
    IntrospectionOfRefresh,
    Refresh,
    Code,
    Session,
}

const DOORS: [Door; 6] = [
    Door::UserInfo,
    Door::IntrospectionOfAccess,
    Door::IntrospectionOfRefresh,
    Door::Refresh,
    Door::Code,
    Door::Session,
];

impl Held {
    async fn by_emmy(issuer: &TestIssuer) -> Self {
        let browser = browser_of_emmy(issuer).await;
        let tokens = redeem(issuer, &code(&browser).await).await.json();
        let token = |name: &str| tokens[name].as_str().expect("a token").to_owned();
        let code = code(&browser).await;
        Self { browser, access_token: token("access_token"), refresh_token: token("refresh_token"), code }
    }

    /// Sees that the door is shut.
    async fn assert_shut(&self, issuer: &TestIssuer, door: Door) {
        match door {
            Door::UserInfo => assert_eq!(issuer.userinfo(&self.access_token).await.status, 401),
            Door::IntrospectionOfAccess => {
                assert_eq!(issuer.introspect("web", &self.access_token).await, json!({"active": false}));
            }
            Door::IntrospectionOfRefresh => {
                assert_eq!(issuer.introspect("web", &self.refresh_token).await, json!({"active": false}));
            }
            Door::Refresh => refresh(issuer, &self.refresh_token).await.assert_refused(400, "invalid_grant"),
            Door::Code => redeem(issuer, &self.code).await.assert_refused(400, "invalid_grant"),
            Door::Session => {
                let reply = self.browser.open(&authorize_url("web", CALLBACK, &[("prompt", "none")])).await;
                assert_eq!(response_of(&reply).error.expect("an error").error.as_str(), "login_required");
            }
        }
    }
}

#[tokio::test]
async fn who_is_disabled_there_finds_every_door_shut() {
    for door in DOORS {
        let (issuer, directory) = Directory::issuer().await;
        let held = Held::by_emmy(&issuer).await;
        directory.put(disabled());
        held.assert_shut(&issuer, door).await;
    }
}

#[tokio::test]
async fn who_is_gone_there_finds_every_door_shut() {
    for door in DOORS {
        let (issuer, directory) = Directory::issuer().await;
        let held = Held::by_emmy(&issuer).await;
        directory.remove(EMMY);
        held.assert_shut(&issuer, door).await;
    }
}

/// It is enough that one door was found shut: the others stay so, even if the directory has her back by then.
#[tokio::test]
async fn one_door_shuts_the_others() {
    for first in DOORS {
        let (issuer, directory) = Directory::issuer().await;
        let held = Held::by_emmy(&issuer).await;
        directory.put(disabled());
        held.assert_shut(&issuer, first).await;
        directory.put(emmy());
        for door in DOORS {
            held.assert_shut(&issuer, door).await;
        }
    }
}

#[tokio::test]
async fn who_comes_back_signs_in_again() {
    let (issuer, directory) = Directory::issuer().await;
    let held = Held::by_emmy(&issuer).await;
    directory.put(disabled());
    held.assert_shut(&issuer, Door::Session).await;
    directory.put(emmy());

    let browser = browser_of_emmy(&issuer).await;

    assert_eq!(redeem(&issuer, &code(&browser).await).await.status, 200);
}
