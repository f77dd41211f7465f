//! Refresh tokens.

use crate::suite::tokens::token_answer;
use crate::suite::{Client, Suite};

/// `oidcc-refresh-token`: works, changes nothing about who and when, and is for its client alone.
pub(crate) async fn refresh_token(suite: Suite) {
    let (client, other) = (suite.client().await, suite.other_client().await);
    let request =
        suite.request(&client).with("scope", "openid email offline_access").with("prompt", "consent");
    let first = suite.tokens(&suite.browser(), &client, &request).await;
    let refresh_token = first.refresh_token.expect("a refresh token");
    assert!(refresh_token.len() >= 22, "too short to be unguessable");

    refresh(&suite, &other, &refresh_token).await.assert_refused(400, "invalid_grant");

    let answer = token_answer(&refresh(&suite, &client, &refresh_token).await);
    assert_ne!(answer["access_token"].as_str(), first.access_token.as_deref());
    if let Some(id_token) = answer["id_token"].as_str() {
        let (_, claims) = suite.signed(id_token).await;
        for name in ["iss", "sub", "aud", "auth_time"] {
            assert_eq!(claims[name], first.claims[name], "{name}");
        }
    }
    let access_token = answer["access_token"].as_str().expect("an access token");
    assert_eq!(suite.userinfo(access_token).await.json()["email"], "ada@example.com");
}

async fn refresh(suite: &Suite, client: &Client, refresh_token: &str) -> hallpass_testkit::Reply {
    suite.token(client, &[("grant_type", "refresh_token"), ("refresh_token", refresh_token)]).await
}
