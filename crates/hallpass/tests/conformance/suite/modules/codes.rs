//! Codes.

use hallpass_testkit::browser::{CHALLENGE, VERIFIER};

use crate::suite::tokens::token_answer;
use crate::suite::{CALLBACK, Suite};

/// `oidcc-ensure-request-with-valid-pkce-succeeds`: for a client that need not.
pub(crate) async fn with_pkce(suite: Suite) {
    let client = suite.client().await;
    let request =
        suite.request(&client).with("code_challenge", CHALLENGE).with("code_challenge_method", "S256");
    let response = suite.response(&suite.browser(), &request).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", response.the("code")),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    token_answer(&suite.token(&client, &fields).await);
}

/// `oidcc-codereuse`: the second use is refused, and ends what came of the first.
pub(crate) async fn reuse(suite: Suite) {
    let client = suite.client().await;
    let response = suite.response(&suite.browser(), &suite.request(&client)).await;
    let code = response.the("code");
    let answer = token_answer(&suite.redeem(&client, code).await);
    let access_token = answer["access_token"].as_str().expect("an access token");
    assert_eq!(suite.userinfo(access_token).await.status, 200);

    suite.redeem(&client, code).await.assert_refused(400, "invalid_grant");

    assert_eq!(suite.userinfo(access_token).await.status, 401);
    if let Some(front) = response.get("access_token") {
        assert_eq!(suite.userinfo(front).await.status, 401, "that of the response has ended too");
    }
}
