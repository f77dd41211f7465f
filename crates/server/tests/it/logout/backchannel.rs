//! Logout tokens to the clients of a session — OpenID Connect Back-Channel Logout 1.0.

use hallpass_proto::jose::alg::{RegisteredAlg, SigningAlg};
use hallpass_proto::jose::encryption::{ContentEncryptionAlg, Encryption, KeyManagementAlg};
use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::param::Form;
use hallpass_server::entity::Status;
use hallpass_testkit::browser::{authorize_url, form_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::tokens::Tokens;
use serde_json::json;

use super::{HEARS, WEB, answers, sign_out, signed_in, told, told_at, world};

/// security.md 63, §2.4: `typ`, the event, the session and the person; no `nonce`; two minutes at most.
#[tokio::test]
async fn a_client_hears_of_the_sign_out_before_the_person_is_back() {
    let issuer = world().await;
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;
    let of_id_token = issuer.verified(&id_token).await;

    let back = sign_out(&browser, &id_token).await;

    assert_eq!(back.location(), "https://web.example/bye?state=the-state");
    let [(typ, claims)] = told_at(&issuer, HEARS).await.try_into().expect("told once");
    assert_eq!(typ.as_deref(), Some("logout+jwt"));
    assert_eq!((&claims["iss"], &claims["aud"]), (&json!("https://login.example"), &json!("web")));
    assert_eq!((&claims["sub"], &claims["sid"]), (&of_id_token["sub"], &of_id_token["sid"]));
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    let (iat, exp) = (claims["iat"].as_i64(), claims["exp"].as_i64());
    assert!(iat == Some(issuer.now().unix()) && exp.zip(iat).is_some_and(|(exp, iat)| exp - iat <= 120));
    assert!(claims["jti"].as_str().is_some_and(|jti| jti.len() >= 22));
    assert_eq!(claims.get("nonce"), None);
    assert_eq!(issuer.server.deliver().await.expect("the store works"), 0, "nothing is left to do");
}

/// Every client of the session, each for itself; not those of other sessions, and not those that want no word.
#[tokio::test]
async fn the_clients_of_this_session_hear_and_nobody_else() {
    let issuer = world().await;
    let of_other = "https://other.example/backchannel-logout";
    issuer.change_client("other", |other| other.backchannel_logout_uri = Some(of_other.to_owned())).await;
    issuer.web.answer(of_other, http::StatusCode::NO_CONTENT, "text/plain", "");
    let [browser, elsewhere, only_web] = [issuer.browser(), issuer.browser(), issuer.browser()];
    let id_token = signed_in(&issuer, &browser).await;
    browser.code("other", "https://other.example/cb", &[]).await;
    browser.code("spa", "https://spa.example/cb", &[]).await;
    elsewhere.code("other", "https://other.example/cb", &[]).await;
    let second = signed_in(&issuer, &only_web).await;

    sign_out(&browser, &id_token).await;

    let sid = issuer.verified(&id_token).await["sid"].clone();
    let at_other = told_at(&issuer, of_other).await;
    assert_eq!((at_other.len(), &at_other[0].1["aud"], &at_other[0].1["sid"]), (1, &json!("other"), &sid));
    assert_eq!(told(&issuer).await.len(), 1);
    sign_out(&only_web, &second).await;
    assert_eq!((told(&issuer).await.len(), told_at(&issuer, of_other).await.len()), (2, 1));
}

/// The question's button, and the one on the front page.
#[tokio::test]
async fn every_way_to_sign_out_is_told() {
    let issuer = world().await;
    for (n, page) in [(1, "/end-session"), (2, "/")] {
        let browser = issuer.browser();
        signed_in(&issuer, &browser).await;

        let page = browser.open(page).await;
        let reply = browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;

        assert!(browser.follow(reply).await.body.contains("You are signed out"));
        assert_eq!(told(&issuer).await.len(), n);
    }
}

/// The tokens went out by the front channel, or for use without the person: the client is signed in all the same.
#[tokio::test]
async fn whatever_a_client_got_it_hears() {
    for (client_id, redirect_uri, parameters) in [
        ("spa", "https://spa.example/cb", [("response_type", "id_token token"), ("scope", "openid")]),
        ("web", WEB, [("response_type", "code"), ("scope", "openid offline_access")]),
    ] {
        let issuer = world().await;
        issuer.change_client("spa", |spa| spa.backchannel_logout_uri = Some(HEARS.to_owned())).await;
        let browser = issuer.browser();
        browser.complete(&authorize_url(client_id, redirect_uri, &parameters)).await;

        let page = browser.open("/end-session").await;
        browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;

        assert_eq!(told(&issuer).await.len(), 1, "{client_id}");
    }
}

/// Who signs in again is still signed in; who signs in where another was has that one's clients told.
#[tokio::test]
async fn the_next_person_in_the_browser_ends_the_session_of_the_first() {
    let issuer = world().await;
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;

    browser.sign_in("ada@example.com").await;
    assert_eq!(told(&issuer).await.len(), 0, "the same person");
    let page = browser.open(&authorize_url("web", WEB, &[("prompt", "login")])).await;
    let fields = [("username", "grace@example.com"), ("password", PASSWORD_OF_ALL)];
    browser.submit(&page, "sign-in", &fields).await;
    tokio::task::yield_now().await;
    issuer.clock.advance(30);
    issuer.server.deliver().await.expect("the store works");

    let [claims] = told(&issuer).await.try_into().expect("told once");
    let of_id_token = issuer.verified(&id_token).await;
    assert_eq!((&claims["sub"], &claims["sid"]), (&of_id_token["sub"], &of_id_token["sid"]));
    form_of(&browser.open("/").await, "sign-out");
}

/// §2.6: "the same keys and algorithms … as for ID Tokens"; never unsigned.
#[tokio::test]
async fn a_logout_token_is_signed_as_the_clients_id_tokens_are() {
    for (registered, expected) in [
        (RegisteredAlg::Signed(SigningAlg::Es256), SigningAlg::Es256),
        (RegisteredAlg::Signed(SigningAlg::Rs256), SigningAlg::Rs256),
        (RegisteredAlg::None, SigningAlg::Rs256),
    ] {
        let issuer = world().await;
        issuer.change_client("web", |web| web.id_token_signed_response_alg = registered).await;
        let browser = issuer.browser();
        signed_in(&issuer, &browser).await;

        let page = browser.open("/end-session").await;
        browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;

        let request = issuer.web.requests(HEARS).remove(0);
        let form = Form::parse(&request.body).expect("a form");
        let token = form.get("logout_token").expect("a token");
        assert_eq!(CompactJws::parse(token).expect("a token").header().alg, expected);
    }
}

/// security.md 48: what a client gets for a sign-out opens nothing.
#[tokio::test]
async fn a_logout_token_is_no_other_token() {
    let issuer = world().await;
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;
    sign_out(&browser, &id_token).await;
    let request = issuer.web.requests(HEARS).remove(0);
    let form = Form::parse(&request.body).expect("a form");
    let token = form.get("logout_token").expect("a token");

    issuer.userinfo(token).await.assert_refused(401, "invalid_token");
    assert!(!issuer.is_active("web", token).await);
    let hint: Form<'_> = [("id_token_hint", token)].into_iter().collect();
    issuer.get(&format!("/end-session?{}", hint.encode())).await.assert_page(400, "invalid_request");
}

/// What is over for a client is over: no word to one that is disabled, gone back to silence, or not there any more.
#[tokio::test]
async fn a_client_that_is_no_longer_there_is_left_alone() {
    for change in
        [(|web| web.status = Status::Disabled) as fn(&mut hallpass_server::entity::client::Client), |web| {
            web.backchannel_logout_uri = None
        }]
    {
        let issuer = world().await;
        let browser = issuer.browser();
        signed_in(&issuer, &browser).await;
        issuer.change_client("web", change).await;

        let page = browser.open("/end-session").await;
        let reply = browser.submit(&page, "sign-out", &[("action", "sign-out")]).await;

        assert!(browser.follow(reply).await.body.contains("You are signed out"));
        issuer.clock.advance(3600);
        issuer.server.deliver().await.expect("the store works");
        assert_eq!(told(&issuer).await.len(), 0);
    }
}

/// §2.7: refresh tokens without `offline_access` end with the session; with it they go on.
#[tokio::test]
async fn offline_access_outlives_the_session() {
    let issuer = world().await;
    let browser = issuer.browser();
    let online = Tokens::of(&issuer.redeem("web", &browser.code("web", WEB, &[]).await).await);
    let offline = browser.code("web", WEB, &[("scope", "openid offline_access")]).await;
    let offline = Tokens::of(&issuer.redeem("web", &offline).await);

    sign_out(&browser, &online.id_token).await;

    issuer.refresh("web", &online.refresh_token).await.assert_refused(400, "invalid_grant");
    assert_eq!(issuer.refresh("web", &offline.refresh_token).await.status, 200);
    assert_eq!(told(&issuer).await.len(), 1, "and the client is told once");
}

/// A client that is slow to answer, or has broken, keeps nobody from signing out.
#[tokio::test]
async fn a_client_that_does_not_answer_holds_nobody_up() {
    let issuer = world().await;
    for how in ["silent", "down", "broken"] {
        match how {
            "silent" => issuer.web.silent(HEARS),
            "down" => issuer.web.down(HEARS),
            _ => answers(&issuer, 503),
        }
        let browser = issuer.browser();
        let id_token = signed_in(&issuer, &browser).await;
        tokio::time::pause();
        let began = tokio::time::Instant::now();

        let back = sign_out(&browser, &id_token).await;

        let took = began.elapsed().as_millis();
        tokio::time::resume();
        assert_eq!(back.location(), "https://web.example/bye?state=the-state", "{how}");
        assert!(took < 2100, "{how}: {took} ms");
        assert!((how == "silent") == (took >= 2000), "{how}: {took} ms");
    }
}

/// Nor do the keys of clients that want their tokens encrypted: they are fetched with nobody waiting, all at once.
#[tokio::test]
async fn keys_that_do_not_come_hold_nobody_up() {
    let issuer = world().await;
    for name in ["web", "other", "spa"] {
        issuer
            .change_client(name, |client| {
                client.backchannel_logout_uri = Some(format!("{HEARS}/{}", client.client_id))
            })
            .await;
    }
    let heard = format!("{HEARS}/spa");
    issuer.web.answer(&heard, http::StatusCode::OK, "text/plain", "");
    let browser = issuer.browser();
    let id_token = signed_in(&issuer, &browser).await;
    browser.code("other", "https://other.example/cb", &[]).await;
    browser.code("spa", "https://spa.example/cb", &[]).await;
    for name in ["web", "other"] {
        let uri = format!("https://{name}.example/jwks.json");
        issuer.web.silent(&uri);
        issuer
            .change_client(name, |client| {
                client.jwks = None;
                client.jwks_uri = Some(uri);
                client.id_token_encrypted_response =
                    Some(Encryption { alg: KeyManagementAlg::EcdhEs, enc: ContentEncryptionAlg::A128Gcm });
            })
            .await;
    }
    tokio::time::pause();
    let began = tokio::time::Instant::now();

    let back = sign_out(&browser, &id_token).await;

    let took = began.elapsed().as_millis();
    assert_eq!(back.location(), "https://web.example/bye?state=the-state");
    assert!((2000..2100).contains(&took), "{took} ms");
    assert_eq!(told_at(&issuer, &heard).await.len(), 1);
    // The outbox is no slower than one of them, and leaves them for later.
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    issuer.clock.advance(60);
    let began = tokio::time::Instant::now();
    assert_eq!(issuer.server.deliver().await.expect("the store works"), 2);
    assert!(began.elapsed().as_secs() < 10, "{:?}", began.elapsed());
}
