//! The `claims` parameter — OpenID Connect Core §5.5.

use serde_json::{Value, json};

use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::html::attributes;
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Reply, TestIssuer};

use super::WEB;

async fn flow(issuer: &TestIssuer, claims: &Value, scope: &str) -> (Value, Value) {
    let extra = [("claims", claims.to_string()), ("scope", scope.to_owned())];
    let extra: Vec<_> = extra.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let tokens = issuer.tokens("web", &extra).await;
    (issuer.verified(&tokens.id_token).await, issuer.userinfo(&tokens.access_token).await.json())
}

/// §5.5: each claim comes where it was asked for, and nowhere else.
#[tokio::test]
async fn a_claim_comes_where_it_was_asked_for() {
    let issuer = TestIssuer::start().await;
    let claims = json!({
        "userinfo": {"email": {"essential": true}, "birthdate": null},
        "id_token": {"nickname": null, "phone_number": {"essential": false}},
    });

    let (id_token, userinfo) = flow(&issuer, &claims, "openid").await;

    let ada = issuer.store.user("user-ada").await.expect("an answer").expect("Ada").claims.0;
    assert_eq!(id_token["nickname"], ada["nickname"]);
    assert_eq!(id_token["phone_number"], ada["phone_number"]);
    assert_eq!(userinfo["email"], ada["email"]);
    assert_eq!(userinfo["birthdate"], ada["birthdate"]);
    for name in ["email", "birthdate", "name"] {
        assert_eq!(id_token.get(name), None, "{name}");
    }
    for name in ["nickname", "phone_number", "name", "email_verified"] {
        assert_eq!(userinfo.get(name), None, "{name}");
    }
}

/// §5.5: they come beside those of the scope, in every flow, and still do after a refresh.
#[tokio::test]
async fn claims_come_beside_the_scope_in_every_flow() {
    let issuer = TestIssuer::start().await;
    let claims = json!({"userinfo": {"gender": null}, "id_token": {"zoneinfo": null}}).to_string();
    let browser = issuer.browser();
    for response_type in ["id_token", "id_token token", "code id_token", "code token", "code id_token token"]
    {
        let extra = [("response_type", response_type), ("claims", &claims), ("scope", "openid email")];
        let url = authorize_url("hybrid", super::HYBRID, &extra);
        let response = response_of(&browser.complete(&url).await);

        if let Some(id_token) = response.id_token {
            let id_token = issuer.verified(id_token.expose()).await;
            assert_eq!(id_token["zoneinfo"], "Europe/London", "{response_type}");
            assert_eq!(id_token.get("gender"), None, "{response_type}");
            assert_eq!(id_token.get("email").is_some(), response_type == "id_token", "{response_type}");
        }
        if let Some(access_token) = response.access_token {
            let userinfo = issuer.userinfo(access_token.expose()).await.json();
            assert_eq!(userinfo["gender"], "female", "{response_type}");
            assert!(userinfo["email"].is_string() && userinfo.get("zoneinfo").is_none(), "{response_type}");
        }
    }
    let extra = [("scope", "openid offline_access"), ("claims", claims.as_str())];
    let tokens = issuer.tokens("web", &extra).await;
    let again = Tokens::of(&issuer.refresh("web", &tokens.refresh_token).await);
    assert_eq!(issuer.verified(&again.id_token).await["zoneinfo"], "Europe/London");
    assert_eq!(issuer.userinfo(&again.access_token).await.json()["gender"], "female");
}

/// §5.5.1: what cannot be had is left out. What is known of a person but has no words on the consent page is told by no
/// name; nor do the names of the protocol's own claims do anything.
#[tokio::test]
async fn what_cannot_be_had_is_left_out() {
    let issuer = TestIssuer::start().await;
    issuer
        .change_user("user-ada", |ada| {
            ada.claims.0.insert("note_of_the_admin".to_owned(), "canary".into());
            ada.claims.0.insert("sub".to_owned(), "canary".into());
            ada.claims.0.remove("website");
        })
        .await;
    let asked = json!({
        "note_of_the_admin": {"essential": true}, "website": {"essential": true}, "shoe_size": null,
        "sub": null, "iss": null, "exp": {"value": 1},
    });

    let (id_token, userinfo) = flow(&issuer, &json!({"userinfo": asked, "id_token": asked}), "openid").await;

    assert_eq!((&id_token["sub"], &userinfo), (&json!("user-ada"), &json!({"sub": "user-ada"})));
    assert!(!id_token.to_string().contains("canary"));
}

/// §5.2: a claim in a language comes under its whole name, if there is one.
#[tokio::test]
async fn a_claim_in_a_language() {
    let issuer = TestIssuer::start().await;
    issuer
        .change_user("user-ada", |ada| {
            drop(ada.claims.0.insert("name#ja-Kana-JP".to_owned(), "エイダ".into()))
        })
        .await;

    let claims = json!({"userinfo": {"name#ja-Kana-JP": null, "name#fr": null, "given_name#de": null}});
    let (_, userinfo) = flow(&issuer, &claims, "openid").await;

    assert_eq!(userinfo, json!({"sub": "user-ada", "name#ja-Kana-JP": "エイダ"}));
}

/// Claims of the operator's own can be asked for once there are words for them.
#[tokio::test]
async fn a_claim_of_the_operators_own() {
    use hallpass_server::config::ClaimText;
    let issuer = TestIssuer::with("https://login.example", |config| {
        config.claims.push(ClaimText::new("groups", "See your groups"));
    })
    .await;
    issuer
        .change_user("user-ada", |ada| drop(ada.claims.0.insert("groups".to_owned(), json!(["math"]))))
        .await;
    let claims = json!({"userinfo": {"groups": null}}).to_string();
    let browser = issuer.browser_of_ada().await;

    let page = browser.open(&authorize_url("web", WEB, &[("claims", &claims), ("scope", "openid")])).await;

    assert!(page.body.contains("See your groups"), "{}", page.body);
    let metadata = issuer.get("/.well-known/openid-configuration").await.json();
    assert!(metadata["claims_supported"].as_array().is_some_and(|all| all.contains(&json!("groups"))));
    let (_, userinfo) = flow(&issuer, &json!({"userinfo": {"groups": null}}), "openid").await;
    assert_eq!(userinfo["groups"], json!(["math"]));
}

/// security.md 23: the page lists what is asked for beside the scopes, in words, once each.
#[tokio::test]
async fn the_consent_page_lists_single_claims() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let claims = json!({
        "userinfo": {"email": null, "name#fr": null, "name": null, "nonsense": null},
        "id_token": {"phone_number": null, "name": null, "acr": null, "auth_time": {"essential": true}},
    });
    let url = |scope| authorize_url("web", WEB, &[("claims", &claims.to_string()), ("scope", scope)]);

    let page = browser.open(&url("openid")).await;
    assert_eq!(listed(&page), ["name", "email", "phone_number"]);
    for words in ["See your full name", "See your email address", "See your phone number"] {
        assert!(page.body.contains(words), "{words}: {}", page.body);
    }
    assert_eq!(
        listed(&browser.open(&url("openid profile email")).await),
        ["phone_number"],
        "the scope says the rest"
    );
}

/// security.md 23: an answer that was given is remembered, and more is asked for.
#[tokio::test]
async fn consent_to_claims_is_remembered() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let url = |claims: Value, scope, prompt| {
        authorize_url("web", WEB, &[("claims", &claims.to_string()), ("scope", scope), ("prompt", prompt)])
    };
    let email = || json!({"userinfo": {"email": null, "name": null}});
    browser.complete(&url(email(), "openid", "")).await;

    let less = [json!({"id_token": {"email": null}}), json!({"userinfo": {"name#de": null}}), json!({})];
    for claims in less.into_iter().chain([email()]) {
        let quiet = browser.get(&url(claims.clone(), "openid", "none")).await;
        assert!(response_of(&quiet).code.is_some(), "{claims}");
    }
    let more = json!({"userinfo": {"email": null, "address": null}});
    browser.get(&url(more.clone(), "openid", "none")).await.assert_sent_back(WEB, "consent_required");
    assert_eq!(listed(&browser.open(&url(more.clone(), "openid", "")).await), ["email", "address"]);
    let home = browser.get("/").await;
    assert!(home.body.contains("See your full name") && !home.body.contains("See your postal address"));

    // A scope that was allowed before says it already.
    browser.complete(&url(json!({}), "openid address", "")).await;
    assert!(response_of(&browser.get(&url(more, "openid", "none")).await).code.is_some());
}

/// Who says no gives nothing, and is asked again.
#[tokio::test]
async fn claims_that_were_denied_are_not_given() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[("scope", "openid")]).await;
    let claims = json!({"userinfo": {"email": {"essential": true}}}).to_string();
    let extra = [("claims", claims.as_str()), ("scope", "openid")];

    let page = browser.open(&authorize_url("web", WEB, &extra)).await;
    let denied = browser.submit(&page, "consent", &[("action", "deny")]).await;

    denied.assert_sent_back(WEB, "access_denied");
    assert_eq!(listed(&browser.open(&authorize_url("web", WEB, &extra)).await), ["email"]);
}

/// security.md 21, §3.1.2.2: a `sub` that is asked for is the only one that is answered for.
#[tokio::test]
async fn a_sub_says_who_is_meant() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let url = |sub: Value, prompt| {
        let claims = json!({"id_token": {"sub": sub}}).to_string();
        authorize_url("web", WEB, &[("claims", &claims), ("prompt", prompt)])
    };

    for sub in [json!({"value": "user-ada"}), json!({"values": ["user-grace", "user-ada"]}), json!(null)] {
        assert!(response_of(&browser.get(&url(sub.clone(), "none")).await).code.is_some(), "{sub}");
    }
    let graces = json!({"value": "user-grace"});
    browser.get(&url(graces.clone(), "none")).await.assert_sent_back(WEB, "login_required");
    let page = browser.open(&url(graces.clone(), "")).await;
    assert_eq!(form_of(&page, "sign-in").fields["username"], "", "the wrong person is not suggested");
    let ada = [("username", "ada"), ("password", PASSWORD_OF_ALL)];
    let page = browser.submit(&page, "sign-in", &ada).await;
    assert!(page.body.contains("credentials of another account"), "{}", page.body);
    let grace = [("username", "grace@example.com"), ("password", PASSWORD_OF_ALL)];
    let reply = browser.submit(&page, "sign-in", &grace).await;
    let page = browser.follow(reply).await;
    let reply = browser.submit(&page, "consent", &[("action", "allow")]).await;
    assert!(response_of(&reply).code.is_some());
}

/// A hint and a `sub` that contradict each other name nobody.
#[tokio::test]
async fn a_hint_and_a_sub_that_differ_are_login_required() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    let code = browser.code("web", WEB, &[]).await;
    let adas = Tokens::of(&issuer.redeem("web", &code).await).id_token;
    let url = |sub| {
        let claims = json!({"id_token": {"sub": {"value": sub}}}).to_string();
        authorize_url("web", WEB, &[("claims", &claims), ("id_token_hint", &adas), ("prompt", "none")])
    };

    assert!(response_of(&browser.get(&url("user-ada")).await).code.is_some());
    browser.get(&url("user-grace")).await.assert_sent_back(WEB, "login_required");
}

/// Strictly read: another shape than that of §5.5 is an error, in the client's hands.
#[tokio::test]
async fn a_malformed_parameter_is_refused() {
    let issuer = TestIssuer::start().await;
    let huge = format!(r#"{{"userinfo":{{"{}":null}}}}"#, "x".repeat(9000));
    let many: Vec<String> = (0..400).map(|i| format!(r#""name#x{i:04}":null"#)).collect();
    let many = format!(r#"{{"userinfo":{{{}}}}}"#, many.join(","));
    let deep = format!("{}{}", r#"{"userinfo":"#, "[".repeat(4000));

    for claims in [
        "nonsense",
        "[]",
        "null",
        "{",
        r#"{"userinfo":[]}"#,
        r#"{"userinfo":{"email":"yes"}}"#,
        r#"{"userinfo":{"email":null,"email":null}}"#,
        r#"{"id_token":{"email":{"essential":"true"}}}"#,
        r#"{"id_token":{"acr":{"values":"silver"}}}"#,
        r#"{"id_token":{"sub":{"value":5}}}"#,
        &huge,
        &many,
        &deep,
    ] {
        let reply = issuer.get(&authorize_url("web", WEB, &[("claims", claims)])).await;
        reply.assert_sent_back(WEB, "invalid_request");
    }
}

/// A plain OAuth request has no use for it.
#[tokio::test]
async fn without_openid_it_is_ignored() {
    let issuer = TestIssuer::start().await;

    let tokens = issuer.tokens("web", &[("scope", "items:read"), ("claims", "nonsense")]).await;

    assert_eq!((tokens.scope.as_str(), tokens.id_token.as_str()), ("items:read", ""));
}

fn listed(page: &Reply) -> Vec<String> {
    attributes(&page.body, "data-claim")
}

/// Asking by name is no way around the registration: what a client may not have by scope it does not get by claim, and
/// what was taken out of its registration is not given any more.
#[tokio::test]
async fn claims_are_bounded_by_the_registration() {
    let issuer = TestIssuer::start().await;
    let claims =
        json!({"userinfo": {"email": null, "name": null}, "id_token": {"email": null, "name": null}});
    let before = issuer.tokens("web", &[("scope", "openid"), ("claims", &claims.to_string())]).await;

    issuer.change_client("web", |web| web.scope = "openid profile".parse().expect("a scope")).await;

    let userinfo = issuer.userinfo(&before.access_token).await.json();
    assert_eq!((userinfo.get("email"), userinfo["name"].as_str()), (None, Some("Ada Lovelace")));
    let (id_token, userinfo) = flow(&issuer, &claims, "openid").await;
    for claims in [&id_token, &userinfo] {
        assert_eq!((claims.get("email"), claims["name"].as_str()), (None, Some("Ada Lovelace")), "{claims}");
    }
}
