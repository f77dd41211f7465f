//! What the server says of itself — RFC 8414, OpenID Connect Discovery 1.0 — and that it does what it says (P15).

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::Value;

use hallpass_proto::client_secret::AuthMethod;
use hallpass_proto::token::DEVICE_CODE;
use hallpass_server::client_secret;
use hallpass_server::entity::client::Client;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::fixture::{self, PASSWORD_OF_ALL, SECRET};
use hallpass_testkit::issuer::{ISSUER, basic};
use hallpass_testkit::{Reply, TestIssuer, Tokens};

const OPENID: &str = "/.well-known/openid-configuration";
const OAUTH: &str = "/.well-known/oauth-authorization-server";
const SPA_CB: &str = "https://spa.example/cb";
const HYBRID_CB: &str = "https://hybrid.example/cb";

fn words(metadata: &Value, name: &str) -> Vec<String> {
    let list = metadata[name].as_array().unwrap_or_else(|| panic!("{name}"));
    list.iter().map(|word| word.as_str().expect("text").to_owned()).collect()
}

async fn metadata(issuer: &TestIssuer) -> Value {
    issuer.get(OPENID).await.json()
}

/// The path of an endpoint of the document.
fn endpoint(metadata: &Value, name: &str) -> String {
    let url = metadata[name].as_str().unwrap_or_else(|| panic!("{name}"));
    url.strip_prefix(ISSUER).expect("below the issuer").to_owned()
}

/// security.md 62: one document at both places, the same for everybody, and caches may keep it for a while.
#[tokio::test]
async fn both_places_have_the_same_document() {
    let issuer = TestIssuer::start().await;
    let (openid, oauth) = (issuer.get(OPENID).await, issuer.get(OAUTH).await);
    assert_eq!(openid.body, oauth.body);
    for reply in [openid, oauth, issuer.get(&format!("{OPENID}?x=1")).await] {
        assert_eq!((reply.status.as_u16(), reply.header("content-type")), (200, "application/json"));
        assert_eq!(reply.header("cache-control"), "public, max-age=300");
        assert_eq!(reply.header("access-control-allow-origin"), "*");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        assert!(!reply.headers.contains_key("set-cookie"));
        assert_eq!(reply.json()["issuer"], ISSUER);
    }
}

/// security.md 62: RFC 8414 §3.1: with a path, the document stands between host and path, and names all URLs below it.
#[tokio::test]
async fn an_issuer_with_a_path_names_its_urls_below_it() {
    let issuer = TestIssuer::with("https://login.example/op", |_| {}).await;
    let document = issuer.get("/op/.well-known/openid-configuration").await;
    assert_eq!(document.body, issuer.get("/.well-known/oauth-authorization-server/op").await.body);
    assert_eq!(document.json()["issuer"], "https://login.example/op");
    for (name, url) in document.json().as_object().expect("an object") {
        if name.ends_with("_endpoint") || name.ends_with("_uri") {
            assert!(url.as_str().expect("a URL").starts_with("https://login.example/op/"), "{name} {url}");
        }
    }
    assert_eq!(issuer.get(OPENID).await.status, 404);
    assert_eq!(issuer.get(OAUTH).await.status, 404);
}

/// P15: every URL of the document is there, and takes the method that its spec says.
#[tokio::test]
async fn every_endpoint_is_there() {
    let issuer = TestIssuer::start().await;
    let document = metadata(&issuer).await;
    let mut found = Vec::new();
    for name in document.as_object().expect("an object").keys() {
        if !name.ends_with("_endpoint") && !name.ends_with("_uri") {
            continue;
        }
        let path = endpoint(&document, name);
        let only_post = [
            "token_endpoint",
            "introspection_endpoint",
            "revocation_endpoint",
            "device_authorization_endpoint",
        ]
        .contains(&name.as_str());
        let reply = issuer.get(&path).await;
        assert_ne!(reply.status, 404, "{name}");
        assert_eq!(reply.status == 405, only_post, "{name}: {}", reply.status);
        found.push(name.as_str());
    }
    assert_eq!(
        found,
        [
            "authorization_endpoint",
            "device_authorization_endpoint",
            "end_session_endpoint",
            "introspection_endpoint",
            "jwks_uri",
            "revocation_endpoint",
            "token_endpoint",
            "userinfo_endpoint",
        ]
    );
}

/// P15: every grant of the document works for a client that is registered for it, and no other grant is known.
#[tokio::test]
async fn every_grant_works() {
    let issuer = TestIssuer::start().await;
    let mut advertised = words(&metadata(&issuer).await, "grant_types_supported");
    let tokens = issuer.tokens("web", &[]).await;
    for grant_type in &advertised {
        let reply = match grant_type.as_str() {
            "authorization_code" => {
                let code = issuer.code("web", &[]).await;
                issuer.redeem("web", &code).await
            }
            "refresh_token" => issuer.refresh("web", &tokens.refresh_token).await,
            "client_credentials" => issuer.token("service", &[("grant_type", grant_type)]).await,
            "password" => {
                let form = [("grant_type", "password"), ("username", "ada"), ("password", PASSWORD_OF_ALL)];
                issuer.post_as("legacy", "/token", &form).await
            }
            DEVICE_CODE => {
                let form =
                    [("grant_type", grant_type.as_str()), ("device_code", &allowed_device(&issuer).await)];
                issuer.post_as("tv", "/token", &form).await
            }
            "implicit" => continue, // tried with the response types
            other => panic!("{other} has no test"),
        };
        assert_ne!(Tokens::of(&reply).access_token, "");
    }
    advertised.sort();
    let known =
        ["authorization_code", "client_credentials", "implicit", "password", "refresh_token", DEVICE_CODE];
    assert_eq!(advertised, known);

    for unknown in [
        "implicit",
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "urn:ietf:params:oauth:grant-type:saml2-bearer",
        "urn:openid:params:grant-type:ciba",
    ] {
        let reply = issuer.token("web", &[("grant_type", unknown)]).await;
        reply.assert_refused(400, "unsupported_grant_type");
    }
}

/// The code of a device that Ada has allowed.
async fn allowed_device(issuer: &TestIssuer) -> String {
    let codes = issuer.post_as("tv", "/device_authorization", &[]).await.json();
    let browser = issuer.browser_of_ada().await;
    let page = browser.open(codes["verification_uri_complete"].as_str().expect("a link")).await;
    let reply = browser.submit(&page, "device", &[]).await;
    let page = browser.follow(reply).await;
    browser.submit(&page, "device-confirm", &[("action", "allow")]).await;
    codes["device_code"].as_str().expect("a code").to_owned()
}

/// What a response type and mode bring, as the parameters that are there.
async fn authorize(issuer: &TestIssuer, response_type: &str, more: &[(&str, &str)]) -> Reply {
    let pkce = [("code_challenge", ""), ("code_challenge_method", "")];
    let mut parameters = vec![("response_type", response_type)];
    if !response_type.contains("code") {
        parameters.extend(pkce);
    }
    parameters.extend(more);
    issuer.browser_of_ada().await.complete(&authorize_url("hybrid", HYBRID_CB, &parameters)).await
}

/// P15: every response type and mode of the document works, and no other is known.
#[tokio::test]
async fn every_response_type_and_mode_works() {
    let issuer = TestIssuer::start().await;
    let document = metadata(&issuer).await;
    for response_type in words(&document, "response_types_supported") {
        let response = response_of(&authorize(&issuer, &response_type, &[]).await);
        assert_eq!(response.error, None, "{response_type}");
        assert_eq!(response.code.is_some(), response_type.contains("code"));
        assert_eq!(response.access_token.is_some(), response_type.split(' ').any(|word| word == "token"));
        assert_eq!(response.id_token.is_some(), response_type.contains("id_token"));
        assert_eq!(response.iss.as_deref(), Some(ISSUER));
    }
    for mode in words(&document, "response_modes_supported") {
        let reply = authorize(&issuer, "code", &[("response_mode", &mode)]).await;
        match mode.as_str() {
            "query" => assert!(reply.location().starts_with(&format!("{HYBRID_CB}?"))),
            "fragment" => assert!(reply.location().starts_with(&format!("{HYBRID_CB}#"))),
            "form_post" => assert!(reply.body.contains(r#"name="code""#), "{}", reply.body),
            other => panic!("{other} has no test"),
        }
    }
    for unknown in ["none", "device", "code code", "code device", "code id_token token token"] {
        let reply = authorize(&issuer, unknown, &[]).await;
        assert_eq!(error_of(&reply), "unsupported_response_type", "{unknown}");
    }
    for unknown in ["jwt", "query.jwt", "web_message", "QUERY"] {
        let reply = authorize(&issuer, "code", &[("response_mode", unknown)]).await;
        assert_eq!(error_of(&reply), "invalid_request", "{unknown}");
    }
}

fn error_of(reply: &Reply) -> String {
    response_of(reply).error.expect("a refusal").error.to_string()
}

/// P15: every authentication method of the document works at its endpoint, and a client with another gets nowhere.
#[tokio::test]
async fn every_authentication_method_works() {
    let issuer = TestIssuer::start().await;
    let document = metadata(&issuer).await;
    for (methods, url) in [
        ("token_endpoint_auth_methods_supported", "token_endpoint"),
        ("revocation_endpoint_auth_methods_supported", "revocation_endpoint"),
        ("introspection_endpoint_auth_methods_supported", "introspection_endpoint"),
    ] {
        let (advertised, path) = (words(&document, methods), endpoint(&document, url));
        for method in AuthMethod::ALL {
            let mut web = Client { token_endpoint_auth_method: method, ..fixture::web() };
            web.jwks = fixture::keyed().jwks;
            client_secret::give(&issuer.server.keys(), &mut web, &SECRET.into()).await.expect("sealed");
            issuer.store.put_client(&web).await.expect("recorded");
            issuer.clock.advance(1);
            let form = [("token", "x"), ("grant_type", "refresh_token"), ("refresh_token", "x")];
            let reply = issuer.post_as("web", &path, &form).await;
            let passed = reply.error() != "invalid_client";
            assert_eq!(passed, advertised.contains(&method.to_string()), "{url} {method}: {}", reply.body);
        }
        assert!(!advertised.iter().any(|method| method == "tls_client_auth"), "it has no test");
    }
}

/// P15: PKCE by the methods of the document alone.
#[tokio::test]
async fn every_challenge_method_works() {
    let issuer = TestIssuer::start().await;
    assert_eq!(words(&metadata(&issuer).await, "code_challenge_methods_supported"), ["S256"]);
    assert!(response_of(&authorize(&issuer, "code", &[]).await).code.is_some());
    for unknown in ["plain", "s256", "S512", ""] {
        let reply = authorize(&issuer, "code", &[("code_challenge_method", unknown)]).await;
        assert_eq!(error_of(&reply), "invalid_request", "{unknown}");
    }
}

/// P15: every scope and claim of the document can be had, and every `prompt` value is known.
#[tokio::test]
async fn every_scope_claim_and_prompt_works() {
    let issuer = TestIssuer::start().await;
    let document = metadata(&issuer).await;
    let claims = words(&document, "claims_supported");
    let scopes = words(&document, "scopes_supported");
    let tokens = issuer.tokens("web", &[("scope", &scopes.join(" "))]).await;
    assert_eq!(tokens.scope, scopes.join(" "));
    let id_token = issuer.verified(&tokens.id_token).await;
    let userinfo = issuer.userinfo(&tokens.access_token).await.json();
    for came in [id_token, userinfo] {
        for name in came.as_object().expect("an object").keys() {
            assert!(claims.contains(name), "{name} came and is not in the document");
        }
    }
    for prompt in words(&document, "prompt_values_supported") {
        let reply = issuer.browser().get(&authorize_url("spa", SPA_CB, &[("prompt", &prompt)])).await;
        let known = if reply.location().starts_with(SPA_CB) { error_of(&reply) } else { String::new() };
        assert_ne!(known, "invalid_request", "{prompt}");
    }
    for unknown in ["create", "LOGIN", "none login"] {
        let reply = issuer.browser().get(&authorize_url("spa", SPA_CB, &[("prompt", unknown)])).await;
        assert_eq!(error_of(&reply), "invalid_request", "{unknown}");
    }
}

/// P15: what the document says is not there is refused, and not passed over.
#[tokio::test]
async fn what_is_not_supported_is_refused() {
    let issuer = TestIssuer::start().await;
    let document = metadata(&issuer).await;
    for absent in ["registration_endpoint", "pushed_authorization_request_endpoint"] {
        assert_eq!(document.get(absent), None);
    }
    for path in ["/register", "/par", "/bc-authorize"] {
        let request = Request::builder().method(Method::POST).uri(path).body(Body::empty());
        assert_eq!(issuer.send(request.expect("a request")).await.status, 404, "{path}");
    }
}

/// OpenID Connect Discovery §3: the token endpoint of the document is where a client gets its tokens.
#[tokio::test]
async fn the_urls_of_the_document_are_those_that_work() {
    let issuer = TestIssuer::start().await;
    let document = metadata(&issuer).await;
    let form = [("grant_type", "client_credentials")];
    let path = endpoint(&document, "token_endpoint");
    let token = Tokens::of(&issuer.post(&path, Some(&basic("service", SECRET)), &form).await).access_token;
    let path = endpoint(&document, "introspection_endpoint");
    let reply = issuer.post(&path, Some(&basic("service", SECRET)), &[("token", &token)]).await;
    assert_eq!(reply.json()["active"], true);
    let path = endpoint(&document, "revocation_endpoint");
    assert_eq!(issuer.post(&path, Some(&basic("service", SECRET)), &[("token", &token)]).await.status, 200);
    assert!(!issuer.is_active("service", &token).await);
}
