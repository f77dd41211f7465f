//! The plans of sign-out: RP-initiated, back-channel, front-channel, session management.

use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::{CompactJws, SigningKey};
use hallpass_proto::jose::jwt::sign_claims;
use hallpass_proto::param::Form;
use hallpass_proto::secret::Digest;
use hallpass_testkit::browser::{authorize_url, response_of};
use hallpass_testkit::html::attributes;
use hallpass_testkit::tokens::Tokens;
use hallpass_testkit::{Browser, Reply, TestIssuer};
use serde_json::{Value, json};

const WEB: &str = "https://web.example/cb";
const BYE: &str = "https://web.example/bye";
const HEARS: &str = "https://web.example/backchannel-logout";
const FRAME: &str = "https://web.example/frontchannel-logout";

/// A client that is signed in, as each module begins.
struct World {
    issuer: TestIssuer,
    browser: Browser,
    id_token: String,
    session_state: String,
}

impl World {
    async fn new() -> Self {
        let issuer = TestIssuer::start().await;
        let browser = issuer.browser();
        Self::of(issuer, browser).await
    }

    async fn of(issuer: TestIssuer, browser: Browser) -> Self {
        let response = response_of(&browser.complete(&authorize_url("web", WEB, &[])).await);
        let code = response.code.expect("a code");
        let tokens = Tokens::of(&issuer.redeem("web", code.expose()).await);
        let session_state = response.session_state.expect("a session_state");
        Self { issuer, browser, id_token: tokens.id_token, session_state }
    }

    async fn end_session(&self, fields: &[(&str, &str)]) -> Reply {
        let form: Form<'_> = fields.iter().copied().collect();
        self.browser.get(&format!("/end-session?{}", form.encode())).await
    }

    fn hint(&self) -> (&'static str, &str) {
        ("id_token_hint", &self.id_token)
    }

    /// `prompt=none` must fail after a sign-out.
    async fn is_signed_out(&self) -> bool {
        let reply = self.browser.get(&authorize_url("web", WEB, &[("prompt", "none")])).await;
        response_of(&reply).error.is_some_and(|error| error.error.as_str() == "login_required")
    }

    /// The person is asked, says yes, and ends on our own page.
    async fn signs_out_by_the_page(&self, reply: Reply) {
        let page = self.browser.follow(reply).await;
        let reply = if page.body.contains("id=\"sign-out\"") {
            self.browser.submit(&page, "sign-out", &[("action", "sign-out")]).await
        } else {
            page
        };
        let page = self.browser.follow(reply).await;
        assert!(page.body.contains("You are signed out"), "{}", page.body);
        assert!(self.is_signed_out().await);
    }
}

/// `oidcc-rp-initiated-logout`: back with `state`, and `prompt=none` fails.
#[tokio::test]
async fn rp_initiated_logout() {
    let world = World::new().await;

    let reply =
        world.end_session(&[world.hint(), ("post_logout_redirect_uri", BYE), ("state", "a state")]).await;

    assert_eq!(reply.location(), format!("{BYE}?state=a+state"));
    assert!(world.is_signed_out().await);
}

/// `oidcc-rp-initiated-logout-no-state`.
#[tokio::test]
async fn without_a_state_none_comes_back() {
    let world = World::new().await;

    let reply = world.end_session(&[world.hint(), ("post_logout_redirect_uri", BYE)]).await;

    assert_eq!(reply.location(), BYE);
    assert!(world.is_signed_out().await);
}

/// `oidcc-rp-initiated-logout-bad-post-logout-redirect-uri`, `-query-added-to-post-logout-redirect-uri`.
#[tokio::test]
async fn an_address_that_is_not_registered_is_not_gone_to() {
    let world = World::new().await;
    for uri in ["https://web.example/else", "https://web.example/bye?foo=bar", "https://evil.example/bye"] {
        let reply = world.end_session(&[world.hint(), ("post_logout_redirect_uri", uri)]).await;
        reply.assert_page(400, "invalid_request");
    }
}

/// `oidcc-rp-initiated-logout-modified-id-token-hint` (`alg` none), `-bad-id-token-hint` (a foreign signature).
#[tokio::test]
async fn a_hint_that_we_did_not_sign_is_refused() {
    let world = World::new().await;
    let payload = world.id_token.split('.').nth(1).expect("a payload");
    let claims = world.issuer.verified(&world.id_token).await;
    let kid = CompactJws::parse(&world.id_token).expect("a token").header().kid.clone().expect("a kid");
    let foreign = SigningKey::generate(SigningAlg::Rs256).expect("a key").with_kid(&kid);
    let foreign = sign_claims(&foreign, Some("JWT"), &claims).expect("signs");
    for hint in [format!("eyJhbGciOiJub25lIn0.{payload}."), foreign] {
        let fields = [("id_token_hint", hint.as_str()), ("post_logout_redirect_uri", BYE), ("state", "s")];
        world.end_session(&fields).await.assert_page(400, "invalid_request");
    }
    assert!(!world.is_signed_out().await);
}

/// `oidcc-rp-initiated-logout-no-id-token-hint`: whose address it is cannot be told, so nobody is sent there.
#[tokio::test]
async fn without_a_hint_nobody_is_sent_away() {
    let world = World::new().await;

    let reply = world.end_session(&[("post_logout_redirect_uri", BYE), ("state", "s")]).await;

    reply.assert_page(400, "invalid_request");
}

/// `oidcc-rp-initiated-logout-no-params`, `-no-post-logout-redirect-uri`, `-only-state`: our own page says so.
#[tokio::test]
async fn without_an_address_our_page_says_that_she_is_signed_out() {
    for fields in [&[][..], &[("id_token_hint", "")], &[("state", "s")]] {
        let world = World::new().await;
        let fields: Vec<_> =
            fields.iter().map(|f| if f.0 == "id_token_hint" { world.hint() } else { *f }).collect();

        let reply = world.end_session(&fields).await;

        world.signs_out_by_the_page(reply).await;
    }
}

/// `oidcc-backchannel-rp-initiated-logout`.
#[tokio::test]
async fn backchannel_rp_initiated_logout() {
    let issuer = TestIssuer::start().await;
    issuer
        .change_client("web", |web| {
            web.backchannel_logout_uri = Some(HEARS.to_owned());
            web.backchannel_logout_session_required = true;
        })
        .await;
    issuer.web.answer(HEARS, http::StatusCode::OK, "text/plain", "");
    let browser = issuer.browser();
    let world = World::of(issuer, browser).await;
    let of_id_token = world.issuer.verified(&world.id_token).await;

    let reply = world.end_session(&[world.hint(), ("post_logout_redirect_uri", BYE), ("state", "s")]).await;

    let [request] = world.issuer.web.requests(HEARS).try_into().expect("one request, before the redirect");
    assert_eq!(request.headers["content-type"], "application/x-www-form-urlencoded");
    let form = Form::parse(&request.body).expect("a form");
    let token = form.get("logout_token").expect("a logout_token");
    assert!(CompactJws::parse(token).expect("a token").header().typ_is("logout+jwt"));
    let claims: Value = world.issuer.verified(token).await;
    for (name, expected) in
        [("iss", json!("https://login.example")), ("aud", json!("web")), ("sub", of_id_token["sub"].clone())]
    {
        assert_eq!(claims[name], expected, "{name}");
    }
    assert_eq!(claims["sid"], of_id_token["sid"]);
    assert!(claims["iat"].is_i64() && claims["exp"].is_i64() && claims["jti"].is_string());
    assert!(claims["events"]["http://schemas.openid.net/event/backchannel-logout"].is_object());
    assert_eq!(claims.get("nonce"), None);
    assert_eq!(reply.location(), format!("{BYE}?state=s"));
    assert!(world.is_signed_out().await);
}

/// `oidcc-frontchannel-rp-initiated-logout`.
#[tokio::test]
async fn frontchannel_rp_initiated_logout() {
    let issuer = TestIssuer::start().await;
    issuer
        .change_client("web", |web| {
            web.frontchannel_logout_uri = Some(FRAME.to_owned());
            web.frontchannel_logout_session_required = true;
        })
        .await;
    let browser = issuer.browser();
    let world = World::of(issuer, browser).await;
    let sid = world.issuer.verified(&world.id_token).await["sid"].as_str().expect("a sid").to_owned();

    let reply = world.end_session(&[world.hint(), ("post_logout_redirect_uri", BYE), ("state", "s")]).await;
    let page = world.browser.follow(reply).await;

    let query: Form<'_> = [("iss", "https://login.example"), ("sid", &sid)].into_iter().collect();
    assert!(attributes(&page.body, "src").contains(&format!("{FRAME}?{}", query.encode())), "{}", page.body);
    assert!(attributes(&page.body, "href").contains(&format!("{BYE}?state=s")), "{}", page.body);
    assert!(world.is_signed_out().await);
}

/// `oidcc-session-management-rp-initiated-logout`: what the frame says before and after.
#[tokio::test]
async fn session_management_rp_initiated_logout() {
    let world = World::new().await;
    let frame = world.browser.get("/check-session").await;
    let cookie = attributes(&frame.body, "data-cookie").remove(0);
    let unchanged = || {
        let state = world.browser.cookies().get(&cookie).cloned().unwrap_or_default();
        let (hash, salt) = world.session_state.split_once('.').expect("a salt");
        let found = Digest::of(format!("web https://web.example {state} {salt}").as_bytes());
        hash == found.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect::<String>()
    };
    assert!(unchanged());

    world.end_session(&[world.hint(), ("post_logout_redirect_uri", BYE)]).await;

    assert!(!unchanged());
    assert!(world.is_signed_out().await);
}

/// The discovery modules of the four plans.
#[tokio::test]
async fn the_metadata_offers_every_way_to_sign_out() {
    let metadata = TestIssuer::start().await.get("/.well-known/openid-configuration").await.json();
    for name in ["end_session_endpoint", "check_session_iframe"] {
        assert!(metadata[name].as_str().is_some_and(|url| url.starts_with("https://")), "{name}");
    }
    for name in ["backchannel", "frontchannel"] {
        assert_eq!(metadata[format!("{name}_logout_supported")], true);
        assert_eq!(metadata[format!("{name}_logout_session_supported")], true);
    }
}
