//! Scopes to claims — OpenID Connect Core §5.4.

use std::collections::BTreeSet;

use serde_json::Value;

use hallpass_proto::authorize::ResponseType;
use hallpass_proto::userinfo::CLAIMS_OF_SCOPE;
use hallpass_testkit::TestIssuer;

use super::world::{Flow, RESPONSE_TYPES};

/// The claims of §5.1 that a flow brought about the person: from UserInfo, or in the ID token where there is no access
/// token.
async fn claims_of(issuer: &TestIssuer, response_type: ResponseType, scope: &str) -> Value {
    let flow = Flow::run(issuer, &issuer.browser(), response_type, &[("scope", scope)]).await;
    let Some(access_token) = flow.access_tokens.first() else { return flow.id_tokens[0].clone() };
    let reply = issuer.userinfo(access_token).await;
    assert_eq!(reply.status, 200, "{response_type}: {}", reply.body);
    reply.json()
}

async fn assert_claims(scopes: &[&str]) {
    let issuer = TestIssuer::start().await;
    let all: BTreeSet<&str> = CLAIMS_OF_SCOPE.iter().flat_map(|(_, names)| names.iter().copied()).collect();
    let of_scopes = CLAIMS_OF_SCOPE.iter().filter(|(scope, _)| scopes.contains(scope));
    let expected: BTreeSet<&str> = of_scopes.flat_map(|(_, names)| names.iter().copied()).collect();
    for response_type in RESPONSE_TYPES {
        let scope = format!("openid {}", scopes.join(" "));

        let claims = claims_of(&issuer, response_type, &scope).await;

        let came: BTreeSet<&str> = all.iter().copied().filter(|name| claims.get(name).is_some()).collect();
        assert_eq!(came, expected, "{response_type} {scope}");
        let fits = |name: &str, right: fn(&Value) -> bool| claims.get(name).is_none_or(right);
        assert!(fits("updated_at", Value::is_i64) && fits("address", Value::is_object), "{claims}");
        assert!(
            fits("email_verified", Value::is_boolean) && fits("phone_number_verified", Value::is_boolean)
        );
    }
}

/// `oidcc-scope-profile`.
#[tokio::test]
async fn profile_shows_the_profile() {
    assert_claims(&["profile"]).await;
}

/// `oidcc-scope-email`.
#[tokio::test]
async fn email_shows_the_address_and_whether_it_was_verified() {
    assert_claims(&["email"]).await;
}

/// `oidcc-scope-address`.
#[tokio::test]
async fn address_shows_the_address_as_an_object() {
    assert_claims(&["address"]).await;
}

/// `oidcc-scope-phone`.
#[tokio::test]
async fn phone_shows_the_number_and_whether_it_was_verified() {
    assert_claims(&["phone"]).await;
}

/// `oidcc-scope-all`.
#[tokio::test]
async fn all_scopes_show_all_claims() {
    assert_claims(&["profile", "email", "address", "phone"]).await;
}

/// `openid` alone says who it is, and no more.
#[tokio::test]
async fn openid_alone_shows_nothing_but_the_subject() {
    assert_claims(&[]).await;
}
