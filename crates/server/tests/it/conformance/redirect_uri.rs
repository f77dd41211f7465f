//! Redirect URIs — RFC 6749 §3.1.2, OpenID Connect Core §3.1.2.1.

use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_testkit::TestIssuer;

use super::world::{CLIENT, REDIRECT_URI, RESPONSE_TYPES, parameters_of, url};

async fn with_uris(uris: &[&str]) -> TestIssuer {
    let issuer = TestIssuer::start().await;
    let uris = uris.iter().map(|uri| RedirectUri::parse(uri).expect("may be registered")).collect();
    issuer.change_client(CLIENT, |client| client.redirect_uris = uris).await;
    issuer
}

/// `oidcc-ensure-registered-redirect-uri`, `oidcc-redirect-uri-query-added`, `oidcc-redirect-uri-query-mismatch`: a page,
/// never a redirect.
#[tokio::test]
async fn an_unregistered_redirect_uri_ends_on_a_page() {
    for (registered, asked) in [
        (REDIRECT_URI, "https://hybrid.example/elsewhere"),
        (REDIRECT_URI, "https://hybrid.example/cb?foo=bar"),
        ("https://hybrid.example/cb?foo=bar", "https://hybrid.example/cb?foo=baz"),
        ("https://hybrid.example/cb?foo=bar", REDIRECT_URI),
    ] {
        let issuer = with_uris(&[registered]).await;
        for response_type in RESPONSE_TYPES {
            let reply = issuer.get(&url(response_type, &[("redirect_uri", asked)])).await;
            reply.assert_page(400, "invalid_request");
        }
    }
}

/// `oidcc-redirect-uri-query-OK`: a registered query is kept, and the response stands beside it.
#[tokio::test]
async fn a_registered_query_is_kept() {
    let uri = "https://hybrid.example/cb?foo=bar";
    let issuer = with_uris(&[uri]).await;
    for response_type in RESPONSE_TYPES {
        let reply = issuer.browser().complete(&url(response_type, &[("redirect_uri", uri)])).await;

        let separator = if response_type.token() || response_type.id_token() { '#' } else { '&' };
        assert!(reply.location().starts_with(&format!("{uri}{separator}")), "{}", reply.location());
        assert_eq!(parameters_of(&reply)["state"], "the-state", "{response_type}");
    }
}

/// `oidcc-ensure-redirect-uri-in-authorization-request`: with two registered, and with one, it must be there.
#[tokio::test]
async fn a_missing_redirect_uri_ends_on_a_page() {
    for uris in [&[REDIRECT_URI, "https://hybrid.example/second"][..], &[REDIRECT_URI]] {
        let issuer = with_uris(uris).await;
        for response_type in RESPONSE_TYPES {
            let reply = issuer.get(&url(response_type, &[("redirect_uri", "")])).await;
            reply.assert_page(400, "invalid_request");
        }
    }
}
