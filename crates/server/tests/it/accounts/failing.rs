//! A directory that does not answer: nobody gets anything, and nobody loses anything.

use super::world::{
    Directory, PASSWORD, assert_told, browser_of_emmy, code, redeem, refresh, try_to_sign_in,
};

#[tokio::test]
async fn nothing_is_given_while_it_is_down_and_nothing_is_lost() {
    let (issuer, directory) = Directory::issuer().await;
    let browser = browser_of_emmy(&issuer).await;
    let tokens = redeem(&issuer, &code(&browser).await).await.json();
    let access_token = tokens["access_token"].as_str().expect("a token");
    let refresh_token = tokens["refresh_token"].as_str().expect("a token");

    directory.set_broken(true);
    let reply = refresh(&issuer, refresh_token).await;
    reply.assert_refused(503, "temporarily_unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    assert_eq!(issuer.userinfo(access_token).await.status, 503);
    assert!(!reply.body.contains("directory"), "{}", reply.body);
    browser.open("/").await.assert_page(503, "temporarily_unavailable");

    directory.set_broken(false);
    assert_eq!(refresh(&issuer, refresh_token).await.status, 200);
    assert_eq!(issuer.userinfo(access_token).await.status, 200);
    assert!(browser.open("/").await.body.contains("Emmy Noether"));
}

#[tokio::test]
async fn a_sign_in_while_it_is_down_is_told_to_the_client_and_is_no_failure_of_hers() {
    let (issuer, directory) = Directory::issuer().await;
    let browser = issuer.browser();
    let fields = [("username", "emmy"), ("password", PASSWORD)];
    for _ in 0..8 {
        directory.set_broken(true);
        assert_told(&try_to_sign_in(&browser, &fields).await);
        directory.set_broken(false);
    }
    assert!(try_to_sign_in(&browser, &fields).await.status.is_redirection());
}
