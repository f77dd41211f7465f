//! The token response — RFC 6749 §5.1, and the tokens in it: RFC 9068, OpenID Connect Core §2.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use hallpass_proto::id_token::half_hash;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_server::config::PASSWORD_ACR;
use hallpass_testkit::fixture::API;
use hallpass_testkit::issuer::ISSUER;
use hallpass_testkit::{TestIssuer, Tokens};

fn names(json: &Value) -> Vec<&str> {
    json.as_object().expect("an object").keys().map(String::as_str).collect()
}

fn header_of(token: &str) -> Value {
    let (header, _) = token.split_once('.').expect("a header");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).expect("base64url")).expect("JSON")
}

/// security.md 40: the response of the RFC, to the letter, and nobody may keep it.
#[tokio::test]
async fn the_response_is_that_of_the_rfc() {
    let issuer = TestIssuer::start().await;
    let code = issuer.code("web", &[]).await;

    let reply = issuer.redeem("web", &code).await;

    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("content-type"), "application/json");
    assert_eq!((reply.header("cache-control"), reply.header("pragma")), ("no-store", "no-cache"));
    assert_eq!(reply.header("x-content-type-options"), "nosniff");
    assert!(!reply.headers.contains_key("set-cookie"));
    let json = reply.json();
    assert_eq!(
        names(&json),
        ["access_token", "expires_in", "id_token", "refresh_token", "scope", "token_type"]
    );
    assert_eq!((&json["token_type"], &json["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(json["scope"], "openid profile");
}

/// security.md 48: an access token says what kind of token it is, and holds the claims of RFC 9068 and no more.
#[tokio::test]
async fn an_access_token_is_that_of_rfc_9068() {
    let issuer = TestIssuer::start().await;
    let (begun, tokens) = (issuer.now().unix(), issuer.tokens("web", &[]).await);

    let header = header_of(&tokens.access_token);
    assert_eq!(names(&header), ["alg", "kid", "typ"]);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("ES256"), &json!("at+jwt")));
    let mut claims = issuer.verified(&tokens.access_token).await;
    let jti = claims.as_object_mut().expect("an object").remove("jti").expect("a jti");
    assert!(jti.as_str().is_some_and(|jti| jti.len() >= 22));
    let expected = json!({
        "iss": ISSUER, "sub": "user-ada", "aud": [API, ISSUER], "client_id": "web", "scope": "openid profile",
        "iat": begun, "exp": begun + 600, "auth_time": begun, "amr": ["pwd"], "acr": PASSWORD_ACR,
    });
    assert_eq!(claims, expected);
}

/// security.md 48: a token without `openid` is for the API alone.
#[tokio::test]
async fn an_access_token_without_openid_is_not_for_us() {
    let issuer = TestIssuer::start().await;
    let tokens = issuer.tokens("web", &[("scope", "items:read"), ("nonce", "")]).await;

    assert_eq!(issuer.verified(&tokens.access_token).await["aud"], API);
    assert_eq!(tokens.id_token, "");
}

/// OpenID Connect Core §2, §3.1.3.6: the claims of the ID token. The person's own are at UserInfo.
#[tokio::test]
async fn an_id_token_is_that_of_openid_connect() {
    let issuer = TestIssuer::start().await;
    let (begun, tokens) =
        (issuer.now().unix(), issuer.tokens("web", &[("scope", "openid profile email")]).await);

    let header = header_of(&tokens.id_token);
    assert_eq!(names(&header), ["alg", "kid", "typ"]);
    assert_eq!((&header["alg"], &header["typ"]), (&json!("RS256"), &json!("JWT")));
    let mut claims = issuer.verified(&tokens.id_token).await;
    let sid = claims.as_object_mut().expect("an object").remove("sid").expect("a sid");
    assert!(sid.as_str().is_some_and(|sid| sid.len() == 22));
    let expected = json!({
        "iss": ISSUER, "sub": "user-ada", "aud": "web", "iat": begun, "exp": begun + 3600,
        "auth_time": begun, "amr": ["pwd"], "acr": PASSWORD_ACR, "nonce": "the-nonce",
        "at_hash": half_hash(SigningAlg::Rs256, &tokens.access_token),
    });
    assert_eq!(claims, expected);
}

/// security.md 57: an ID token is signed as its client is registered, an access token as the server is set.
#[tokio::test]
async fn the_algorithms_are_those_of_the_registration_and_the_settings() {
    for (of_access_token, of_id_token) in [
        (SigningAlg::Es256, SigningAlg::Es256),
        (SigningAlg::Rs256, SigningAlg::Rs256),
        (SigningAlg::EdDsa, SigningAlg::Rs256),
        (SigningAlg::Ps256, SigningAlg::Es256),
    ] {
        let issuer = TestIssuer::with(ISSUER, |config| config.access_token_alg = of_access_token).await;
        issuer.change_client("web", |web| web.id_token_signed_response_alg = of_id_token.into()).await;

        let tokens = issuer.tokens("web", &[]).await;

        assert_eq!(header_of(&tokens.access_token)["alg"], of_access_token.as_str());
        assert_eq!(header_of(&tokens.id_token)["alg"], of_id_token.as_str());
        let claims = issuer.verified(&tokens.id_token).await;
        assert_eq!(claims["at_hash"], half_hash(of_id_token, &tokens.access_token));
        assert_eq!(issuer.userinfo(&tokens.access_token).await.status, 200);
    }
}

/// security.md 13: tokens cannot be guessed: 256 random bits, or a signature.
#[tokio::test]
async fn no_two_tokens_are_alike() {
    let issuer = TestIssuer::start().await;
    let (first, second): (Tokens, Tokens) =
        (issuer.tokens("web", &[]).await, issuer.tokens("web", &[]).await);
    assert_eq!(first.refresh_token.len(), 43);
    assert_ne!(first.refresh_token, second.refresh_token);
    let (a, b) = (issuer.verified(&first.access_token).await, issuer.verified(&second.access_token).await);
    assert_ne!(a["jti"], b["jti"]);
}
