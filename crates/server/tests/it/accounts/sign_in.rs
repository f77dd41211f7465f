//! Signing in with an account that the store does not keep.

use hallpass_proto::env::Time;
use hallpass_server::entity::user::User;
use hallpass_testkit::fixture::{self, PASSWORD_OF_ALL};
use serde_json::json;

use super::world::{
    Directory, EMMY, ONE_TIME_CODE, PASSWORD, assert_told, browser_of_emmy, code, emmy, redeem, refresh,
    try_to_sign_in,
};

#[tokio::test]
async fn a_person_of_the_directory_has_tokens_with_its_claims() {
    let (issuer, _) = Directory::issuer().await;
    let browser = browser_of_emmy(&issuer).await;

    let tokens = redeem(&issuer, &code(&browser).await).await.json();

    let id_token = issuer.verified(tokens["id_token"].as_str().expect("an ID token")).await;
    assert_eq!((&id_token["sub"], &id_token["amr"]), (&json!(EMMY), &json!(["pwd"])));
    let access_token = tokens["access_token"].as_str().expect("an access token");
    assert_eq!(issuer.userinfo(access_token).await.json()["email"], "emmy@uni.example");
    assert_eq!(issuer.introspect("web", access_token).await["username"], "emmy");
    assert!(browser.open("/").await.body.contains("Emmy Noether"));
}

#[tokio::test]
async fn the_store_gets_the_sub_and_nothing_else_of_her() {
    let (issuer, _) = Directory::issuer().await;
    browser_of_emmy(&issuer).await;

    let row = issuer.store.user(EMMY).await.expect("the store works").expect("a row");

    assert!(
        row.logins.is_empty() && row.claims.0.is_empty() && row.password_hash.expose().is_empty(),
        "{row:?}"
    );
    assert!(issuer.store.user_by_login("emmy").await.expect("the store works").is_none());
}

#[tokio::test]
async fn what_changes_in_the_directory_is_told_at_once() {
    let (issuer, directory) = Directory::issuer().await;
    let browser = browser_of_emmy(&issuer).await;
    let tokens = redeem(&issuer, &code(&browser).await).await.json();
    let mut changed = emmy();
    changed.claims.0.insert("email".to_owned(), json!("emmy@brynmawr.example"));
    directory.put(changed);

    let reply = issuer.userinfo(tokens["access_token"].as_str().expect("an access token")).await;

    assert_eq!(reply.json()["email"], "emmy@brynmawr.example");
    assert_eq!(refresh(&issuer, tokens["refresh_token"].as_str().expect("a token")).await.status, 200);
}

#[tokio::test]
async fn the_people_of_the_store_are_nobody_here() {
    let (issuer, _) = Directory::issuer().await;
    let fields = [("username", "ada@example.com"), ("password", PASSWORD_OF_ALL)];
    assert_eq!(try_to_sign_in(&issuer.browser(), &fields).await.status, 401);
}

/// security.md 68
#[tokio::test]
async fn guessing_is_slowed_for_her_too() {
    let (issuer, _) = Directory::issuer().await;
    for login in ["emmy", "EMMY", " emmy ", "emmy", "emmy"] {
        let fields = [("username", login), ("password", "guess")];
        assert_eq!(try_to_sign_in(&issuer.browser(), &fields).await.status, 401);
    }
    let fields = [("username", "emmy"), ("password", PASSWORD)];
    assert_eq!(try_to_sign_in(&issuer.browser(), &fields).await.status, 429);
}

#[tokio::test]
async fn the_password_grant_asks_the_directory() {
    let (issuer, _) = Directory::issuer().await;
    let grant = |username, password| {
        [
            ("grant_type", "password"),
            ("client_id", "legacy"),
            ("client_secret", fixture::SECRET),
            ("username", username),
            ("password", password),
        ]
    };
    let reply = issuer.post("/token", None, &grant("emmy", PASSWORD)).await;
    assert_eq!(issuer.verified(reply.json()["access_token"].as_str().expect("a token")).await["sub"], EMMY);
    let reply = issuer.post("/token", None, &grant("ada@example.com", PASSWORD_OF_ALL)).await;
    reply.assert_refused(400, "invalid_grant");
}

#[tokio::test]
async fn a_form_with_another_field_proves_more() {
    let (issuer, directory) = Directory::issuer().await;
    directory.want_code();
    let password = [("username", "emmy"), ("password", PASSWORD)];
    let browser = issuer.browser();
    assert_eq!(try_to_sign_in(&browser, &password).await.status, 401);
    assert_eq!(try_to_sign_in(&browser, &[&password[..], &[("code", "0")]].concat()).await.status, 401);

    let reply = try_to_sign_in(&browser, &[&password[..], &[("code", ONE_TIME_CODE)]].concat()).await;
    assert!(reply.status.is_redirection(), "{}", reply.body);
    let tokens = redeem(&issuer, &code(&browser).await).await.json();

    let id_token = issuer.verified(tokens["id_token"].as_str().expect("an ID token")).await;
    assert_eq!(id_token["amr"], json!(["pwd", "otp", "mfa"]));
}

#[tokio::test]
async fn an_id_that_cannot_be_a_sub_goes_no_further() {
    for id in ["", "n\u{f6}ther", &"x".repeat(256)] {
        let (issuer, directory) = Directory::issuer().await;
        directory.remove(EMMY);
        directory.put(User { id: id.to_owned(), ..emmy() });
        let fields = [("username", "emmy"), ("password", PASSWORD)];
        assert_told(&try_to_sign_in(&issuer.browser(), &fields).await);
        assert!(issuer.store.user(id).await.expect("the store works").is_none(), "{id}");
    }
    assert_eq!(User::new("x", Time::from_unix(0)).display_name(), "x");
}
