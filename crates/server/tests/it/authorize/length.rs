//! How long a parameter may be.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::authorize_url;

use super::WEB;

/// security.md 12: a `state` that cannot come back whole does not come back in pieces: a page says so.
#[tokio::test]
async fn a_state_past_four_kilobytes_ends_on_a_page() {
    let issuer = TestIssuer::start().await;
    let (longest, longer) = ("s".repeat(4096), "s".repeat(4097));

    let fits = issuer.get(&authorize_url("web", WEB, &[("state", &longest)])).await;
    let refused = issuer.get(&authorize_url("web", WEB, &[("state", &longer)])).await;

    assert_eq!(fits.status, 303);
    refused.assert_page(400, "invalid_request");
    assert!(refused.body.contains("The parameter state is longer than 4096 bytes."), "{}", refused.body);
    let huge = "s".repeat(60_000);
    let form = [("client_id", "web"), ("redirect_uri", WEB), ("state", &huge)];
    issuer.post("/authorize", None, &form).await.assert_page(400, "invalid_request");
}

/// Other parameters that travel with the pages have an end too. The URL of a page stays one that servers take.
#[tokio::test]
async fn other_parameters_have_an_end_too() {
    let issuer = TestIssuer::start().await;
    let (longest, longer) = ("n".repeat(2048), "n".repeat(2049));
    let prompts = "login ".repeat(2000);

    for (name, value) in [("nonce", &longer), ("login_hint", &longer), ("prompt", &prompts)] {
        issuer
            .get(&authorize_url("web", WEB, &[(name, value)]))
            .await
            .assert_sent_back(WEB, "invalid_request");
    }
    let state = "s".repeat(4096);
    let all = [("nonce", longest.as_str()), ("login_hint", &longest), ("state", &state)];
    let reply = issuer.get(&authorize_url("web", WEB, &all)).await;
    assert_eq!(reply.status, 303);
    assert!(reply.location().len() < 16_000, "{}", reply.location().len());
}
