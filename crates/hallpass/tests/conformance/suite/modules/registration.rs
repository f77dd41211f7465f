//! Clients that register themselves — OpenID Connect Registration, RFC 7592.

use serde_json::{Value, json};

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_testkit::html::attributes;

use crate::connection::get;
use crate::suite::browser::assert_error_page;
use crate::suite::{CALLBACK, ISSUER, Suite};

/// `oidcc-idtoken-signature`: RS256, unless the client says otherwise.
pub(crate) async fn id_token_by_default(suite: Suite) {
    let client = suite.client().await;
    let tokens = suite.tokens(&suite.browser(), &client, &suite.request(&client)).await;
    assert_eq!(suite.signed(&tokens.id_token).await.0, SigningAlg::Rs256);
}

/// `oidcc-idtoken-rs256`
pub(crate) async fn id_token_rs256(suite: Suite) {
    let client = suite.registered(json!({ "id_token_signed_response_alg": "RS256" })).await;
    let tokens = suite.tokens(&suite.browser(), &client, &suite.request(&client)).await;
    assert_eq!(suite.signed(&tokens.id_token).await.0, SigningAlg::Rs256);
}

/// `oidcc-userinfo-rs256`
pub(crate) async fn userinfo_rs256(suite: Suite) {
    let client = suite.registered(json!({ "userinfo_signed_response_alg": "RS256" })).await;
    let tokens = suite.tokens(&suite.browser(), &client, &suite.request(&client)).await;
    let Some(access_token) = &tokens.access_token else { return };
    let reply = suite.userinfo(access_token).await;
    assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/jwt"));
    let (alg, claims) = suite.signed(&reply.body).await;
    assert_eq!(
        (alg, &claims["sub"], &claims["iss"]),
        (SigningAlg::Rs256, &tokens.claims["sub"], &json!(ISSUER))
    );
    assert_eq!(claims["aud"], json!(client.client_id));
}

/// `oidcc-redirect-uri-query-OK`: the registered query is kept, and the answer is added to it.
pub(crate) async fn redirect_uri_with_query(suite: Suite) {
    let uri = format!("{CALLBACK}?foo=bar");
    let client = suite.registered(json!({ "redirect_uris": [uri] })).await;
    let request = suite.request(&client).with("redirect_uri", &uri);
    let reply = suite.browser().complete(&suite.url(&request)).await;
    let joint = if suite.response_type == "code" { '&' } else { '#' };
    assert!(reply.location().starts_with(&format!("{uri}{joint}")), "{}", reply.location());
}

/// `oidcc-redirect-uri-query-mismatch`
pub(crate) async fn redirect_uri_with_another_query(suite: Suite) {
    let client = suite.registered(json!({ "redirect_uris": [format!("{CALLBACK}?foo=bar")] })).await;
    let request = suite.request(&client).with("redirect_uri", &format!("{CALLBACK}?foo=baz"));
    assert_error_page(&suite.browser().open(&suite.url(&request)).await);
}

/// `oidcc-ensure-redirect-uri-in-authorization-request`
pub(crate) async fn one_of_two_redirect_uris(suite: Suite) {
    let client = suite.registered(json!({ "redirect_uris": [CALLBACK, format!("{CALLBACK}/2")] })).await;
    let request = suite.request(&client).without("redirect_uri");
    assert_error_page(&suite.browser().open(&suite.url(&request)).await);
}

/// `oidcc-redirect-uri-regfrag`
pub(crate) async fn redirect_uri_with_fragment(suite: Suite) {
    let reply = suite.register(json!({ "redirect_uris": [format!("{CALLBACK}#foobar")] })).await;
    reply.assert_refused(400, "invalid_redirect_uri");
}

/// `oidcc-registration-logo-uri`
pub(crate) async fn logo_uri(suite: Suite) {
    is_shown(suite, "logo_uri", "src").await;
}

/// `oidcc-registration-policy-uri`
pub(crate) async fn policy_uri(suite: Suite) {
    is_shown(suite, "policy_uri", "href").await;
}

/// `oidcc-registration-tos-uri`
pub(crate) async fn tos_uri(suite: Suite) {
    is_shown(suite, "tos_uri", "href").await;
}

async fn is_shown(suite: Suite, member: &str, attribute: &str) {
    let uri = format!("https://suite.example/{member}");
    let client = suite.registered(json!({ member: uri })).await;
    assert_eq!(client.registration[member], uri);
    let page = suite.browser().open(&suite.url(&suite.request(&client))).await;
    assert!(attributes(&page.body, attribute).contains(&uri), "{}", page.body);
}

/// `oidcc-registration-sector-uri`
pub(crate) async fn sector_uri(suite: Suite) {
    let uri = suite.host.put("/sector.json", "application/json", json!([CALLBACK]).to_string());
    let client = suite.registered(json!({ "subject_type": "pairwise", "sector_identifier_uri": uri })).await;
    suite.tokens(&suite.browser(), &client, &suite.request(&client)).await;
}

/// `oidcc-registration-sector-bad`
pub(crate) async fn sector_bad(suite: Suite) {
    let document = json!(["https://other.example/callback"]).to_string();
    let uri = suite.host.put("/bad-sector.json", "application/json", document);
    let reply = suite.register(json!({ "subject_type": "pairwise", "sector_identifier_uri": uri })).await;
    reply.assert_refused(400, "invalid_client_metadata");
}

/// `oidcc-3rd_party-init-login`: stored, and told to whoever holds the registration's token.
pub(crate) async fn initiate_login_uri(suite: Suite) {
    let uri = "https://suite.example/login";
    let client = suite.registered(json!({ "initiate_login_uri": uri })).await;
    let text = |member: &str| match &client.registration[member] {
        Value::String(text) => text.clone(),
        other => panic!("{member} is {other}"),
    };
    let address = text("registration_client_uri");
    let mut request = get(address.strip_prefix(ISSUER).expect("at the issuer"));
    let bearer = format!("Bearer {}", text("registration_access_token"));
    request.headers_mut().insert("authorization", bearer.parse().expect("a value"));
    let read = suite.send(request).await;
    assert_eq!(
        (read.status.as_u16(), read.json()["initiate_login_uri"].as_str()),
        (200, Some(uri)),
        "{}",
        read.body
    );
}

/// `oidcc-3rd_party-init-login-nohttps`
pub(crate) async fn initiate_login_uri_by_http(suite: Suite) {
    let reply = suite.register(json!({ "initiate_login_uri": "http://suite.example/login" })).await;
    reply.assert_refused(400, "invalid_client_metadata");
}
