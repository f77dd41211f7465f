//! A sign-out in one tab while another asks for tokens: whichever comes first, nothing outlives the session.

use hallpass_testkit::browser::{authorize_url, response_of};

use crate::failing_store::FailingStore;

const WEB_CB: &str = "https://web.example/cb";
const SPA_CB: &str = "https://spa.example/cb";
const HYBRID_CB: &str = "https://hybrid.example/cb";

/// The session was there when the request was read, and is not when something is recorded: the client hears that nobody
/// is signed in, and holds neither a code nor a token. Offline access is no exception: nobody is there who gives it.
#[tokio::test]
async fn who_signs_out_before_the_answer_is_recorded_gives_nothing() {
    for (client_id, redirect_uri, parameters, step) in [
        ("web", WEB_CB, &[][..], "enter_session"),
        ("web", WEB_CB, &[], "issue_code"),
        ("web", WEB_CB, &[("scope", "openid offline_access"), ("prompt", "consent")], "issue_code"),
        ("hybrid", HYBRID_CB, &[("response_type", "code id_token")], "issue_code"),
        ("spa", SPA_CB, &[("response_type", "id_token token")], "record_grant"),
    ] {
        let (issuer, store) = FailingStore::issuer().await;
        issuer.change_client("web", |web| web.backchannel_logout_uri = Some(format!("{WEB_CB}/back"))).await;
        let browser = issuer.browser_of_ada().await;
        store.sign_out_before(step, "user-ada", hallpass_testkit::clock::START);

        let reply = browser.complete(&authorize_url(client_id, redirect_uri, parameters)).await;

        let response = response_of(&reply);
        let error = response.error.as_ref().map(|body| body.error.as_str().to_owned());
        assert_eq!(error.as_deref(), Some("login_required"), "{step}: {}", reply.location());
        assert!(response.code.is_none() && response.access_token.is_none() && response.id_token.is_none());
    }
}
