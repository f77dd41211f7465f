//! Sign-out at the clients: what they are told, by whom, and what none of it ends.

mod backchannel;
mod frontchannel;
mod outbox;
mod race;
mod session_state;

use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::param::Form;
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Browser, Reply, TestIssuer};
use serde_json::Value;

/// The redirect URI of the client `web`, and where the browser may go after its sign-out.
const WEB: &str = "https://web.example/cb";
const BYE: &str = "https://web.example/bye";
/// Where it hears of sign-outs.
const HEARS: &str = "https://web.example/backchannel-logout";
/// What the browser loads.
const FRAME: &str = "https://web.example/frontchannel-logout?a=b";

/// A server at which `web` hears of sign-outs, and does what it is told.
async fn world() -> TestIssuer {
    let issuer = TestIssuer::start().await;
    issuer.change_client("web", |web| web.backchannel_logout_uri = Some(HEARS.to_owned())).await;
    answers(&issuer, 200);
    issuer
}

fn answers(issuer: &TestIssuer, status: u16) {
    issuer.web.answer(HEARS, status.try_into().expect("a status"), "application/json", "{}");
}

/// Signs Ada in to `web` in a browser; the ID token that it gets.
async fn signed_in(issuer: &TestIssuer, browser: &Browser) -> String {
    let code = browser.code("web", WEB, &[]).await;
    Tokens::of(&issuer.redeem("web", &code).await).id_token
}

/// Signs out as `web` asks for it.
async fn sign_out(browser: &Browser, id_token: &str) -> Reply {
    let fields = [("id_token_hint", id_token), ("post_logout_redirect_uri", BYE), ("state", "the-state")];
    let form: Form<'_> = fields.into_iter().collect();
    browser.get(&format!("/end-session?{}", form.encode())).await
}

/// The logout tokens that came to a URL: header and claims of each, with the signature checked.
async fn told_at(issuer: &TestIssuer, url: &str) -> Vec<(Option<String>, Value)> {
    let mut told = Vec::new();
    for request in issuer.web.requests(url) {
        assert_eq!(request.method, "POST");
        assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
        let form = Form::parse(&request.body).expect("a form").no_duplicates().expect("each once");
        assert_eq!(form.iter().count(), 1, "nothing but the token");
        let token = form.get("logout_token").expect("a logout token");
        let typ = CompactJws::parse(token).expect("a token").header().typ.clone();
        told.push((typ, issuer.verified(token).await));
    }
    told
}

/// The claims of the logout tokens that came to `web`.
async fn told(issuer: &TestIssuer) -> Vec<Value> {
    told_at(issuer, HEARS).await.into_iter().map(|(_, claims)| claims).collect()
}
