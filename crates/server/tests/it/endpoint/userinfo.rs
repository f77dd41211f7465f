//! UserInfo — OpenID Connect Core §5.3, RFC 6750.

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, header};
use serde_json::json;

use hallpass_proto::bearer::Challenge;
use hallpass_server::entity::Status;
use hallpass_testkit::fixture::{API, SECRET};
use hallpass_testkit::issuer::{ISSUER, basic};
use hallpass_testkit::{Reply, TestIssuer, Tokens};

use super::forged::not_access_tokens;

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(issuer: &TestIssuer, method: Method, headers: &[(&str, &str)], body: &str) -> Reply {
    let mut request = Request::builder().method(method).uri("/userinfo");
    for (name, value) in headers {
        request = request.header(*name, HeaderValue::from_bytes(value.as_bytes()).expect("a header value"));
    }
    issuer.send(request.body(Body::from(body.to_owned())).expect("a request")).await
}

/// Sees a refusal with the challenge of RFC 6750 §3 that goes with it.
#[track_caller]
fn assert_challenged(reply: &Reply, status: u16, error: &str) {
    reply.assert_refused(status, error);
    let challenge = Challenge::parse(reply.header("www-authenticate")).expect("a challenge");
    assert_eq!(challenge.realm.as_deref(), Some("hallpass"));
    assert_eq!(challenge.error.map(|e| e.to_string()).as_deref(), Some(error), "{}", reply.body);
    assert_eq!(reply.header("access-control-allow-origin"), "*", "a script must be able to read why");
}

/// OpenID Connect Core §5.4: each scope shows its claims, and no others.
#[tokio::test]
async fn each_scope_shows_its_claims() {
    let issuer = TestIssuer::start().await;
    let all = issuer.store.user("user-ada").await.expect("the store works").expect("Ada").claims.0;
    for (scope, claims) in [
        ("openid", &[][..]),
        ("openid email", &["email", "email_verified"]),
        (
            "openid profile",
            &[
                "name",
                "family_name",
                "given_name",
                "middle_name",
                "nickname",
                "preferred_username",
                "profile",
                "picture",
                "website",
                "gender",
                "birthdate",
                "zoneinfo",
                "locale",
                "updated_at",
            ],
        ),
        ("openid address", &["address"]),
        ("openid phone items:read", &["phone_number", "phone_number_verified"]),
    ] {
        let mut expected = json!({"sub": "user-ada"});
        for claim in claims {
            expected[claim] = all[*claim].clone();
        }
        let tokens = issuer.tokens("web", &[("scope", scope)]).await;

        let reply = issuer.userinfo(&tokens.access_token).await;

        assert_eq!((reply.status.as_u16(), reply.json()), (200, expected), "{scope}");
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(reply.header("cache-control"), "no-store");
        assert_eq!(issuer.verified(&tokens.id_token).await["sub"], "user-ada");
    }
}

/// RFC 6750 §2.1, §2.2: in the header by GET and POST, or in the body of a form; the answer is the same.
#[tokio::test]
async fn the_token_may_stand_in_the_header_or_in_the_body() {
    let issuer = TestIssuer::start().await;
    let token = issuer.tokens("web", &[]).await.access_token;
    let expected = issuer.userinfo(&token).await.json();
    let (header, lower) = (format!("Bearer {token}"), format!("bearer  {token}"));
    let body = format!("access_token={token}");
    for (method, headers, body) in [
        (Method::GET, &[("authorization", lower.as_str())][..], ""),
        (Method::POST, &[("authorization", header.as_str())], ""),
        (Method::POST, &[("authorization", &header), ("content-type", FORM)], ""),
        (Method::POST, &[("authorization", &header), ("content-type", FORM)], "access_token=&x=1"),
        (Method::POST, &[("content-type", FORM)], &body),
        (Method::POST, &[("content-type", "Application/X-WWW-Form-Urlencoded; charset=UTF-8")], &body),
    ] {
        let reply = send(&issuer, method, headers, body).await;
        assert_eq!((reply.status.as_u16(), reply.json()), (200, expected.clone()), "{headers:?} {body}");
    }
}

/// security.md 58: a token that comes twice is refused, also when both are the same.
#[tokio::test]
async fn a_token_that_comes_twice_is_refused() {
    let issuer = TestIssuer::start().await;
    let token = issuer.tokens("web", &[]).await.access_token;
    let (header, body) = (format!("Bearer {token}"), format!("access_token={token}"));
    for (headers, body) in [
        (&[("authorization", header.as_str()), ("content-type", FORM)][..], body.as_str()),
        (&[("authorization", "Bearer"), ("content-type", FORM)], &body),
        (&[("authorization", &header), ("authorization", &header)], ""),
        (&[("authorization", &header), ("authorization", "Basic eDp5")], ""),
        (&[("content-type", FORM)], &format!("{body}&{body}")),
    ] {
        assert_challenged(&send(&issuer, Method::POST, headers, body).await, 400, "invalid_request");
    }
}

/// security.md 58, RFC 9700 §4.3.2: a token in the URL is refused, and not looked at.
#[tokio::test]
async fn a_token_in_the_query_is_refused() {
    let issuer = TestIssuer::start().await;
    let token = issuer.tokens("web", &[]).await.access_token;
    for path in [format!("/userinfo?access_token={token}"), "/userinfo?access_token=".to_owned()] {
        assert_challenged(&issuer.get(&path).await, 400, "invalid_request");
    }
}

/// RFC 6750 §3.1: who presents nothing is told that a token is needed, and no error.
#[tokio::test]
async fn without_a_token_the_challenge_names_no_error() {
    let issuer = TestIssuer::start().await;
    let basic = basic("web", SECRET);
    for (method, headers) in [
        (Method::GET, &[][..]),
        (Method::POST, &[]),
        (Method::POST, &[("content-type", FORM)]),
        (Method::GET, &[("authorization", basic.as_str())]),
        (Method::GET, &[("authorization", "")]),
        (Method::GET, &[("cookie", "access_token=x")]),
    ] {
        let reply = send(&issuer, method, headers, "").await;
        assert_eq!(reply.status, 401, "{headers:?}");
        assert_eq!(reply.header("www-authenticate"), r#"Bearer realm="hallpass""#);
    }
}

/// RFC 6750 §3.1: a header that is no bearer token is a malformed request.
#[tokio::test]
async fn a_malformed_header_is_refused() {
    let issuer = TestIssuer::start().await;
    for header in
        ["Bearer", "Bearer ", "Bearer a b", "Bearer \"x\"", "Bearer a,b", "Bearer \u{e9}", "Bearer ="]
    {
        let reply = send(&issuer, Method::GET, &[("authorization", header)], "").await;
        assert_challenged(&reply, 400, "invalid_request");
    }
}

/// security.md 48, 58: what is not an access token of ours that is good now opens nothing.
#[tokio::test]
async fn whatever_is_no_good_is_refused() {
    let issuer = TestIssuer::start().await;
    let code = issuer.code("web", &[]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    let mut wrong = not_access_tokens(&issuer, &tokens.access_token).await;
    wrong.push(("an ID token", tokens.id_token.clone()));
    wrong.push(("a refresh token", tokens.refresh_token.clone()));
    wrong.push(("a code", code));
    for (what, token) in wrong {
        let form: hallpass_proto::param::Form<'_> = [("access_token", token.as_str())].into_iter().collect();
        let reply = send(&issuer, Method::POST, &[("content-type", FORM)], &form.encode()).await;
        assert_eq!(reply.error(), "invalid_token", "{what}");
        assert_challenged(&reply, 401, "invalid_token");
    }
    assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 200);
}

/// security.md 58: a token for another audience is not for us, although we signed it.
#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("web", &[("scope", "profile items:read"), ("nonce", "")]).await;
    assert_eq!(issuer.verified(&tokens.access_token).await["aud"], API);

    assert_challenged(&issuer.userinfo(&tokens.access_token).await, 401, "invalid_token");
}

/// security.md 58: a token for us without `openid` is not enough, and the challenge says what is missing.
#[tokio::test]
async fn a_token_without_openid_is_not_enough() {
    let issuer = TestIssuer::start().await;
    issuer.change_client("web", |web| web.audience = vec![ISSUER.to_owned()]).await;
    let tokens = issuer.tokens("web", &[("scope", "profile"), ("nonce", "")]).await;

    let reply = issuer.userinfo(&tokens.access_token).await;

    assert_challenged(&reply, 403, "insufficient_scope");
    let challenge = Challenge::parse(reply.header("www-authenticate")).expect("a challenge");
    assert_eq!(challenge.scope.map(|s| s.to_string()).as_deref(), Some("openid"));
    issuer.revoke("web", &tokens.access_token).await;
    assert_challenged(&issuer.userinfo(&tokens.access_token).await, 401, "invalid_token");
}

/// security.md 41, 58: whatever a token stands on ends it.
#[tokio::test]
async fn a_token_ends_with_what_it_stands_on() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("spa", &[("scope", "openid offline_access")]).await;
    let status = async || issuer.userinfo(&tokens.access_token).await.status.as_u16();

    issuer.change_user("user-ada", |ada| ada.status = Status::Disabled).await;
    assert_eq!(status().await, 401);
    issuer.change_user("user-ada", |ada| ada.status = Status::Active).await;
    issuer.change_client("spa", |spa| spa.status = Status::Disabled).await;
    assert_eq!(status().await, 401);
    issuer.change_client("spa", |spa| spa.status = Status::Active).await;
    assert_eq!(status().await, 200);

    issuer.store.withdraw_consent("user-ada", "spa", issuer.now()).await.expect("withdrawn");
    assert_eq!(status().await, 401);
}

/// security.md 58: scripts of other origins may ask, and no cookie is looked at or set.
#[tokio::test]
async fn cookies_play_no_part() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    let reply = browser.get("/userinfo").await;
    assert_eq!(reply.status, 401);
    assert!(!reply.headers.contains_key(header::SET_COOKIE));
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert!(!reply.headers.contains_key("access-control-allow-credentials"));
}
