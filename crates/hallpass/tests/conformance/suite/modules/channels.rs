//! How a client hears of a sign-out — OpenID Connect Back-Channel Logout, Front-Channel Logout, Session Management.

use serde_json::json;

use hallpass_proto::jose::jws::CompactJws;
use hallpass_proto::param::Form;
use hallpass_testkit::html::attributes;

use super::logout::SignedIn;
use crate::connection::get;
use crate::suite::{CALLBACK, FRONT_CHANNEL, ISSUER, POST_LOGOUT, Suite};

/// `oidcc-backchannel-rp-initiated-logout-discovery-endpoint-verification`
pub(crate) async fn back_channel_discovery(suite: Suite) {
    promises(&suite, &["backchannel_logout_supported", "backchannel_logout_session_supported"]);
}

/// `oidcc-backchannel-rp-initiated-logout`: the logout token arrives, and the browser goes back.
pub(crate) async fn back_channel(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let (_, signed_in) = person.suite.signed(&person.id_token).await;
    let hint = person.id_token.as_str();
    let reply = person.sign_out(&[("id_token_hint", hint), ("post_logout_redirect_uri", POST_LOGOUT)]).await;
    assert_eq!(reply.location(), POST_LOGOUT);
    assert!(!person.lasts().await);

    let body = person.suite.host.posted("/back-channel").await;
    let form = Form::parse(body.as_bytes()).expect("a form");
    let token = form.get("logout_token").expect("a logout token");
    let jws = CompactJws::parse(token).expect("a signed token");
    assert_eq!(jws.header().typ.as_deref(), Some("logout+jwt"));
    let (_, claims) = person.suite.signed(token).await;
    let aud = claims["aud"].as_array().map_or_else(|| vec![claims["aud"].clone()], Clone::clone);
    assert_eq!((&claims["iss"], aud), (&json!(ISSUER), vec![json!(person.client.client_id)]));
    assert_eq!(claims["events"], json!({ "http://schemas.openid.net/event/backchannel-logout": {} }));
    assert!(claims["sid"].is_string() && claims["sid"] == signed_in["sid"], "{claims}");
    assert!(claims["iat"].is_i64() && claims["exp"].is_i64() && claims["jti"].is_string(), "{claims}");
    assert!(claims.get("nonce").is_none(), "{claims}");
}

/// `oidcc-frontchannel-rp-initiated-logout-discovery-endpoint-verification`
pub(crate) async fn front_channel_discovery(suite: Suite) {
    promises(&suite, &["frontchannel_logout_supported", "frontchannel_logout_session_supported"]);
}

/// `oidcc-frontchannel-rp-initiated-logout`: the page holds the client's frame, and leads back.
pub(crate) async fn front_channel(suite: Suite) {
    let person = SignedIn::new(suite).await;
    let (_, signed_in) = person.suite.signed(&person.id_token).await;
    let hint = person.id_token.as_str();
    let page = person.sign_out(&[("id_token_hint", hint), ("post_logout_redirect_uri", POST_LOGOUT)]).await;

    let sid = signed_in["sid"].as_str().expect("a sid");
    let query: Form<'_> = [("iss", ISSUER), ("sid", sid)].into_iter().collect();
    let frame = format!("{FRONT_CHANNEL}?{}", query.encode());
    assert!(attributes(&page.body, "src").contains(&frame), "{} {}", page.status, page.body);
    assert!(attributes(&page.body, "href").iter().any(|href| href == POST_LOGOUT), "{}", page.body);
    assert!(
        page.header("content-security-policy").contains("frame-src https://suite.example"),
        "it may be framed"
    );
    assert!(!person.lasts().await);
}

/// `oidcc-session-management-discovery-endpoint-verification`
pub(crate) async fn session_discovery(suite: Suite) {
    let frame = suite.send(get(suite.endpoint("check_session_iframe"))).await;
    assert_eq!((frame.status.as_u16(), frame.header("content-type")), (200, "text/html; charset=utf-8"));
    assert!(frame.header("x-frame-options").is_empty(), "clients put it into a frame");
    assert!(!frame.header("content-security-policy").contains("frame-ancestors"));
}

/// `oidcc-session-management-rp-initiated-logout`: the state of the browser is another one afterwards.
pub(crate) async fn session(suite: Suite) {
    let (client, browser) = (suite.client().await, suite.browser());
    let request = suite.request(&client);
    let response = suite.response(&browser, &request).await;
    let state = response.the("session_state").to_owned();
    assert!(state.contains('.') && !state.contains(' '), "{state}");
    let before = browser.cookies();
    let id_token = suite.tokens_of(&response, &client, &request).await.id_token;
    let person = SignedIn { suite, client, browser, id_token };
    let hint = person.id_token.as_str();
    person.sign_out(&[("id_token_hint", hint), ("post_logout_redirect_uri", POST_LOGOUT)]).await;

    let readable = |name: &&String| name.ends_with("state");
    let held = before.keys().find(readable).expect("a state that the frame reads");
    assert_ne!(person.browser.cookies().get(held), before.get(held), "{CALLBACK} sees no change");
    assert!(!person.lasts().await);
}

/// Members of the metadata that are `true`.
#[track_caller]
fn promises(suite: &Suite, members: &[&str]) {
    for member in members {
        assert_eq!(suite.metadata[*member], true, "{member}");
    }
}
