//! The core flow of every response type — OpenID Connect Core §3.

use hallpass_proto::authorize::{ResponseMode, ResponseType};
use hallpass_proto::id_token::half_hash;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::issuer::ISSUER;

use super::world::{CLIENT, Flow, REDIRECT_URI, RESPONSE_TYPES, parameters_of, url};

/// `oidcc-server`, in the plans basic, implicit, hybrid and formpost of each: the happy flow.
#[tokio::test]
async fn every_response_type_in_every_mode_signs_in() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    for response_type in RESPONSE_TYPES {
        for mode in ResponseMode::ALL {
            if mode == ResponseMode::Query && response_type != ResponseType::CODE {
                continue;
            }
            let begun = issuer.now().unix();
            let extra = [("response_mode", mode.as_str())];

            let flow = Flow::run(&issuer, &browser, response_type, &extra).await;

            let told = format!("{response_type} {}", mode.as_str());
            assert_eq!(flow.response["state"], "the-state", "{told}");
            assert_eq!(flow.response["iss"], ISSUER, "{told}");
            assert_eq!(flow.claim("iss"), ISSUER, "{told}");
            assert_eq!(flow.claim("aud"), CLIENT, "{told}");
            assert_eq!(flow.claim("nonce"), "the-nonce", "{told}");
            assert!(
                flow.claim("sub").as_str().is_some_and(|sub| sub.is_ascii() && sub.len() <= 255),
                "{told}"
            );
            assert!(
                flow.claim("exp").as_i64() > Some(begun) && flow.claim("iat").as_i64() >= Some(begun),
                "{told}"
            );
            for token in &flow.access_tokens {
                let info = issuer.userinfo(token).await;
                assert_eq!((info.status.as_u16(), &info.json()["sub"]), (200, flow.claim("sub")), "{told}");
            }
            assert_hashes(&flow, response_type);
        }
    }
}

/// §3.2.2.10, §3.3.2.11: `at_hash` and `c_hash` where an access token or a code stands beside the ID token.
fn assert_hashes(flow: &Flow, response_type: ResponseType) {
    if !response_type.id_token() {
        return;
    }
    let front = &flow.id_tokens[0];
    for (hash, of) in [("at_hash", "access_token"), ("c_hash", "code")] {
        let expected = flow.response.get(of).map(|value| half_hash(SigningAlg::Rs256, value));
        assert_eq!(
            front.get(hash).and_then(|found| found.as_str()),
            expected.as_deref(),
            "{response_type} {hash}"
        );
    }
}

/// `oidcc-response-type-missing`: the client is told.
#[tokio::test]
async fn a_missing_response_type_is_told_to_the_client() {
    let issuer = TestIssuer::start().await;

    let reply = issuer.get(&url(ResponseType::CODE, &[("response_type", "")])).await;

    reply.assert_sent_back(REDIRECT_URI, "invalid_request");
}

/// `oidcc-ensure-request-without-nonce-succeeds-for-code-flow` and `oidcc-ensure-request-without-nonce-fails`: only an
/// ID token in the front channel needs one.
#[tokio::test]
async fn a_nonce_is_needed_where_an_id_token_is_in_the_front_channel() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let browser = issuer.browser();
        let reply = browser.complete(&url(response_type, &[("nonce", "")])).await;

        if response_type.id_token() {
            reply.assert_sent_back(REDIRECT_URI, "invalid_request");
        } else {
            let flow = Flow::of(&issuer, &reply).await;
            assert!(flow.id_tokens.iter().all(|claims| claims.get("nonce").is_none()), "{response_type}");
        }
    }
}

/// `oidcc-alternate-happy-flow`: the order of parameters and of scope tokens means nothing.
#[tokio::test]
async fn the_order_of_parameters_means_nothing() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let forwards = url(response_type, &[("scope", "phone address email profile openid")]);
        let (path, query) = forwards.split_once('?').expect("a query");
        let backwards: Vec<&str> = query.split('&').rev().collect();

        let reply = issuer.browser().complete(&format!("{path}?{}", backwards.join("&"))).await;

        let flow = Flow::of(&issuer, &reply).await;
        assert_eq!(flow.claim("sub"), "user-ada", "{response_type}");
    }
}

/// `oidcc-ensure-post-request-succeeds`: the authorization request as a form.
#[tokio::test]
async fn an_authorization_request_by_post_succeeds() {
    let issuer = TestIssuer::start().await;
    for response_type in RESPONSE_TYPES {
        let browser = issuer.browser();
        browser.complete(&url(response_type, &[])).await;
        let url = url(response_type, &[]);
        let query = url.split_once('?').expect("a query").1;
        let fields: Vec<_> = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();

        // From the page of another site.
        let headers = [("origin", "https://hybrid.example"), ("sec-fetch-site", "cross-site")];
        let reply = browser.post_with("/authorize", &headers, &fields).await;

        let flow = Flow::of(&issuer, &reply).await;
        assert_eq!(flow.claim("sub"), "user-ada", "{response_type}");
    }
}

/// `oidcc-ensure-request-with-valid-pkce-succeeds`: S256 for any client, also one that need not use it.
#[tokio::test]
async fn pkce_works_for_every_client() {
    let issuer = TestIssuer::start().await;
    issuer.change_client(CLIENT, |client| client.require_pkce = false).await;
    for response_type in RESPONSE_TYPES.into_iter().filter(|response_type| response_type.code()) {
        let flow = Flow::run(&issuer, &issuer.browser(), response_type, &[]).await;
        assert!(!flow.tokens.access_token.is_empty(), "{response_type}");
        let code = issuer.browser().complete(&url(response_type, &[])).await;
        let code = parameters_of(&code)["code"].clone();
        let form = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", REDIRECT_URI)];
        issuer.post_as(CLIENT, "/token", &form).await.assert_refused(400, "invalid_grant");
    }
}
