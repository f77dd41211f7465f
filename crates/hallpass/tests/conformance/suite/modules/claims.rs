//! Scopes, and the claims that they bring.

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use serde_json::Value;

use hallpass_proto::param::Form;

use crate::suite::Suite;

const PROFILE: [&str; 14] = [
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
];
const EMAIL: [&str; 2] = ["email", "email_verified"];
const ADDRESS: [&str; 1] = ["address"];
const PHONE: [&str; 2] = ["phone_number", "phone_number_verified"];

/// `oidcc-scope-profile`
pub(crate) async fn profile(suite: Suite) {
    bring(suite, "profile", &PROFILE).await;
}

/// `oidcc-scope-email`
pub(crate) async fn email(suite: Suite) {
    bring(suite, "email", &EMAIL).await;
}

/// `oidcc-scope-address`
pub(crate) async fn address(suite: Suite) {
    bring(suite, "address", &ADDRESS).await;
}

/// `oidcc-scope-phone`
pub(crate) async fn phone(suite: Suite) {
    bring(suite, "phone", &PHONE).await;
}

/// `oidcc-scope-all`
pub(crate) async fn all(suite: Suite) {
    let expected = [&PROFILE[..], &EMAIL, &ADDRESS, &PHONE].concat();
    bring(suite, "profile email address phone", &expected).await;
}

/// Exactly these of the standard claims are told: at UserInfo, or in the ID token where no access token goes out.
async fn bring(suite: Suite, scope: &str, expected: &[&str]) {
    let client = suite.client().await;
    let request = suite.request(&client).with("scope", &format!("openid {scope}"));
    let tokens = suite.tokens(&suite.browser(), &client, &request).await;
    let told = match &tokens.access_token {
        Some(access_token) => suite.userinfo(access_token).await.json(),
        None => tokens.claims.clone(),
    };
    for name in [&PROFILE[..], &EMAIL, &ADDRESS, &PHONE].concat() {
        assert_eq!(told.get(name).is_some(), expected.contains(&name), "{name} in {told}");
    }
    assert_types(&told);
}

/// OpenID Connect Core §5.1
fn assert_types(told: &Value) {
    for (name, value) in told.as_object().expect("an object") {
        let right = match name.as_str() {
            "updated_at" => value.is_number(),
            "email_verified" | "phone_number_verified" => value.is_boolean(),
            "address" => value.is_object(),
            _ if PROFILE.contains(&name.as_str())
                || ["email", "phone_number", "sub"].contains(&name.as_str()) =>
            {
                value.is_string()
            }
            _ => true,
        };
        assert!(right, "{name} is {value}");
    }
}

/// `oidcc-userinfo-get`
pub(crate) async fn userinfo_get(suite: Suite) {
    let (access_token, sub) = access_token(&suite).await;
    let reply = suite.userinfo(&access_token).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/json"));
    assert_eq!(reply.json()["sub"], sub);
}

/// `oidcc-userinfo-post-header`
pub(crate) async fn userinfo_post_header(suite: Suite) {
    let (access_token, sub) = access_token(&suite).await;
    let request = HttpRequest::post(suite.endpoint("userinfo_endpoint"))
        .header("host", "localhost")
        .header("authorization", format!("Bearer {access_token}"))
        .body(Body::empty());
    assert_eq!(suite.send(request.expect("a request")).await.json()["sub"], sub);
}

/// `oidcc-userinfo-post-body`
pub(crate) async fn userinfo_post_body(suite: Suite) {
    let (access_token, sub) = access_token(&suite).await;
    let form: Form<'_> = [("access_token", access_token.as_str())].into_iter().collect();
    let reply = suite.post(suite.endpoint("userinfo_endpoint"), None, form.encode()).await;
    assert_eq!(reply.json()["sub"], sub);
}

async fn access_token(suite: &Suite) -> (String, Value) {
    let client = suite.client().await;
    let tokens = suite.tokens(&suite.browser(), &client, &suite.request(&client)).await;
    (tokens.access_token.expect("an access token"), tokens.claims["sub"].clone())
}
