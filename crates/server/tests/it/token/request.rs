//! The token request — RFC 6749 §3.2: what holds before any grant is looked at.

use hallpass_testkit::{TestIssuer, Tokens, fixture, issuer::basic};

/// security.md 39: `grant_type` is there, once, and one that the server knows.
#[tokio::test]
async fn grant_type_is_there_once_and_known() {
    let issuer = TestIssuer::start().await;
    let web = basic("web", fixture::SECRET);
    for (body, error) in [
        ("", "invalid_request"),
        ("code=x", "invalid_request"),
        ("grant_type=", "invalid_request"),
        ("grant_type=authorization_code&grant_type=authorization_code", "invalid_request"),
        ("grant_type=authorization_code&grant_type=", "invalid_request"),
        ("grant_type=implicit", "unsupported_grant_type"),
        ("grant_type=Authorization_Code", "unsupported_grant_type"),
        ("grant_type=authorization_code+", "unsupported_grant_type"),
        ("grant_type=authorization_code%2Crefresh_token", "unsupported_grant_type"),
        ("grant_type=urn:ietf:params:oauth:grant-type:device_code", "unauthorized_client"),
        ("grant_type=device_code", "unsupported_grant_type"),
        (
            "grant_type=urn:ietf:params:oauth:grant-type:token-exchange&subject_token=x",
            "unsupported_grant_type",
        ),
        ("grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer&assertion=x", "unsupported_grant_type"),
        ("grant_type=%F0%9F%94%92", "unsupported_grant_type"),
        ("grant_type=authorization_code", "invalid_request"),
        ("grant_type=refresh_token", "invalid_request"),
    ] {
        let reply = issuer.post_raw("/token", Some(&web), body).await;
        assert_eq!(reply.error(), error, "{body}: {}", reply.body);
        reply.assert_refused(400, error);
    }
}

/// security.md 39: who the client is comes first: a stranger is not told what else is wrong.
#[tokio::test]
async fn a_stranger_learns_nothing_of_the_request() {
    let issuer = TestIssuer::start().await;
    for body in ["", "grant_type=unknown", "grant_type=password&username=ada&password=x", "scope=%22"] {
        let reply = issuer.post_raw("/token", Some(&basic("web", "wrong")), body).await;
        reply.assert_refused(401, "invalid_client");
    }
}

/// Each client has the grants that it is registered for, and no other.
#[tokio::test]
async fn a_grant_needs_registration() {
    let issuer = TestIssuer::start().await;
    for (client_id, grants) in [
        ("service", &["authorization_code", "refresh_token", "password"][..]),
        ("web", &["client_credentials", "password"]),
        ("old", &["refresh_token", "client_credentials", "password"]),
        ("legacy", &["authorization_code", "client_credentials"]),
        ("native", &["client_credentials", "password"]),
    ] {
        for grant_type in grants {
            let reply = issuer.post_as(client_id, "/token", &[("grant_type", grant_type)]).await;
            reply.assert_refused(400, "unauthorized_client");
        }
    }
}

/// security.md 9: a parameter that comes twice is refused, whether or not anybody would read it.
#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let issuer = TestIssuer::start().await;
    let service = basic("service", fixture::SECRET);
    for twice in [
        "scope=items:read&scope=items:read",
        "scope=items:read&scope=",
        "scope&scope",
        "unknown=1&unknown=1",
        "unknown=1&%75nknown=2",
        "resource=a&resource=b",
    ] {
        let body = format!("grant_type=client_credentials&{twice}");
        let reply = issuer.post_raw("/token", Some(&service), &body).await;
        reply.assert_refused(400, "invalid_request");
        assert!(reply.body.contains("came more than once"), "{}", reply.body);
    }
    let twice = "grant_type=client_credentials&client_id=spa&client_id=service";
    issuer.post_raw("/token", None, twice).await.assert_refused(400, "invalid_request");
}

/// security.md 9: RFC 6749 §3.2: "MUST ignore unrecognized request parameters", and empty ones count as absent.
#[tokio::test]
async fn what_is_unknown_or_empty_is_passed_over() {
    let issuer = TestIssuer::start().await;
    let service = basic("service", fixture::SECRET);
    for more in
        ["", "&", "&&unknown=1", "&code=x&username=y&nonce=z", "&scope=", "&client_id=&client_secret=", "&=1"]
    {
        let body = format!("grant_type=client_credentials{more}");
        let tokens = Tokens::of(&issuer.post_raw("/token", Some(&service), &body).await);
        assert_eq!(tokens.scope, "items:read items:write");
    }
}

/// security.md 45: a token exchange (RFC 8693) is not taken for client credentials, with or without a subject token.
#[tokio::test]
async fn an_exchange_is_never_another_grant() {
    let issuer = TestIssuer::start().await;
    let exchange = ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
    let subject = [
        exchange,
        ("subject_token", "x"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
    ];
    for form in [&[exchange][..], &subject] {
        let reply = issuer.token("service", form).await;
        reply.assert_refused(400, "unsupported_grant_type");
        assert!(!reply.body.contains("access_token"), "{}", reply.body);
    }
}
