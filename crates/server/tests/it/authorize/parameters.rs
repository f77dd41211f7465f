//! How parameters are read — RFC 6749 §3.1 — and `state` and `nonce`, which come back as they came.

use std::borrow::Cow;

use hallpass_proto::param::Form;
use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::tokens::Tokens;

use super::{SPA, WEB};

/// security.md 9: any parameter that comes twice is an error, known or not, with the same value or none.
#[tokio::test]
async fn a_repeated_parameter_is_refused() {
    let issuer = TestIssuer::start().await;
    let url = authorize_url("web", WEB, &[("prompt", "none"), ("max_age", "10"), ("login_hint", "ada")]);

    for name in [
        "response_type",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "prompt",
        "max_age",
        "login_hint",
    ] {
        for value in ["", "x", "the-state", "code"] {
            let query = format!("{url}&{name}={value}");
            issuer.get(&query).await.assert_sent_back(WEB, "invalid_request");
            let body = query.split_once('?').expect("a query").1;
            issuer.post_raw("/authorize", None, body).await.assert_sent_back(WEB, "invalid_request");
        }
    }
    issuer.get(&format!("{url}&unknown=1&unknown=2")).await.assert_sent_back(WEB, "invalid_request");
    issuer.get(&format!("{url}&s%63ope=openid")).await.assert_sent_back(WEB, "invalid_request");
}

/// security.md 9: repeated, these two leave nobody to tell but the person.
#[tokio::test]
async fn a_repeated_client_id_or_redirect_uri_ends_on_a_page() {
    let issuer = TestIssuer::start().await;
    let url = authorize_url("web", WEB, &[]);

    for extra in
        ["client_id=web", "client_id=", "client_id=spa", "client_%69d=web", "redirect_uri=x", "redirect_uri="]
    {
        let query = format!("{url}&{extra}");
        issuer.get(&query).await.assert_page(400, "invalid_request");
        let body = query.split_once('?').expect("a query").1;
        issuer.post_raw("/authorize", None, body).await.assert_page(400, "invalid_request");
    }
}

/// security.md 9: "The authorization server MUST ignore unrecognized request parameters", and an empty one counts as
/// omitted (RFC 6749 §3.1).
#[tokio::test]
async fn unknown_and_empty_parameters_are_ignored() {
    let issuer = TestIssuer::start().await;
    let url = authorize_url("web", WEB, &[("unknown", "1"), ("display", "popup"), ("ui_locales", "fr de")]);
    let url = format!("{url}&request=&request_uri=&prompt=&max_age=&login_hint=&response_mode=&=&x");

    let reply = issuer.browser().complete(&url).await;

    assert!(response_of(&reply).code.is_some());
}

/// OpenID Connect Core §6.1, §6.2, §7.2.1: what stands in these is not overlooked.
#[tokio::test]
async fn request_objects_are_refused_rather_than_ignored() {
    let issuer = TestIssuer::start().await;

    for (name, value, error) in [
        ("request", "eyJhbGciOiJub25lIn0.e30", "invalid_request_object"),
        ("request_uri", "https://web.example/request.jwt", "invalid_request_uri"),
        ("request_uri", "http://169.254.169.254/latest/meta-data", "invalid_request_uri"),
        ("registration", "{}", "registration_not_supported"),
    ] {
        issuer.get(&authorize_url("web", WEB, &[(name, value)])).await.assert_sent_back(WEB, error);
    }
}

/// What cannot be read at all has no address to go back to.
#[tokio::test]
async fn unreadable_parameters_end_on_a_page() {
    let issuer = TestIssuer::start().await;
    let url = authorize_url("web", WEB, &[]);
    let many: String = (0..130).map(|i| format!("&p{i}=1")).collect();

    for extra in ["&x=%", "&x=%4", "&x=%zz", "&x=%ff", "&x=%00", "&%00=x", &many] {
        issuer.get(&format!("{url}{extra}")).await.assert_page(400, "invalid_request");
    }
    issuer.get("/authorize").await.assert_page(400, "invalid_request");
}

/// OpenID Connect Core §3.1.2.1: GET and POST, and POST by its form alone.
#[tokio::test]
async fn a_post_is_read_from_its_form() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let url = authorize_url("web", WEB, &[]);
    let query = url.split_once('?').expect("a query").1;
    let form = Form::parse(query.as_bytes()).expect("parameters");
    let fields: Vec<(&str, &str)> = form.iter().collect();

    let by_form = browser.post_with("/authorize", &[], &fields).await;
    let by_query = browser.post_with(&url, &[], &[]).await;
    let as_json = browser.post_with("/authorize", &[("content-type", "application/json")], &fields).await;

    assert!(response_of(&by_form).code.is_some());
    by_query.assert_page(400, "invalid_request");
    as_json.assert_page(400, "invalid_request");
}

/// security.md 12: `state` comes back byte for byte, whatever it holds, with an answer and with a refusal.
#[tokio::test]
async fn state_comes_back_as_it_came() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    browser.code("spa", SPA, &[]).await;
    let long = "%+& é=#".repeat(455);
    assert!(long.len() < 4096 && long.len() > 3600);

    for state in [
        "%41%zz%",
        "a+b c",
        "a&code=evil&iss=x",
        "a=b#c?d/e\\f",
        "grüße 😀 \u{202e}\u{feff}",
        "\"'<>`",
        " leading and trailing ",
        "\t\r\n\u{1}\u{7f}",
        "{\"a\":[1,2]}",
        "&amp;&#38;",
        &long,
    ] {
        for (client_id, uri, extra) in [
            ("web", WEB, ("state", state)),
            ("web", WEB, ("prompt", "none login")),
            ("web", WEB, ("response_mode", "fragment")),
            ("spa", SPA, ("response_type", "id_token token")),
        ] {
            let reply = browser
                .get(&authorize_url(
                    client_id,
                    uri,
                    &[extra, ("state", state)][usize::from(extra.0 == "state")..],
                ))
                .await;

            let url = url::Url::parse(reply.location()).expect("a URL");
            let encoded = url.fragment().or(url.query()).expect("parameters").to_owned();
            let read: Vec<Cow<'_, str>> = url::form_urlencoded::parse(encoded.as_bytes())
                .filter(|(n, _)| n == "state")
                .map(|(_, v)| v)
                .collect();
            assert_eq!(read, [state], "{extra:?} {}", reply.location());
        }
        let page = browser
            .get(&authorize_url("web", WEB, &[("response_mode", "form_post"), ("state", state)]))
            .await;
        assert_eq!(form_of(&page, "form-post").fields["state"], state);
    }
}

/// security.md 12: it also survives the pages.
#[tokio::test]
async fn state_survives_the_pages() {
    let issuer = TestIssuer::start().await;
    let state = "grüße %41+&=# \"<>\u{1}".repeat(204);
    assert!(state.len() > 4000 && state.len() <= 4096);

    let reply = issuer.browser().complete(&authorize_url("web", WEB, &[("state", &state)])).await;

    assert_eq!(response_of(&reply).state.as_deref(), Some(state.as_str()));
}

/// security.md 12: no `state`, none back.
#[tokio::test]
async fn an_absent_state_stays_absent() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();

    let answer = browser.complete(&authorize_url("web", WEB, &[("state", "")])).await;
    let refusal = browser.get(&authorize_url("web", WEB, &[("state", ""), ("prompt", "none login")])).await;
    let empty = browser.get(&format!("{}&state=", authorize_url("web", WEB, &[("state", "")]))).await;

    for reply in [answer, refusal, empty] {
        let response = hallpass_testkit::browser::response_of(&reply);
        assert_eq!(response.state, None, "{}", reply.location());
    }
}

/// security.md 12: a `nonce` is kept whole.
#[tokio::test]
async fn a_nonce_is_kept_whole() {
    let issuer = TestIssuer::start().await;
    let long = "0123456789abcdef".repeat(128);

    for nonce in [&long, &long[..64], &long[..65], "%41+& \"\\é😀", "1"] {
        let tokens = issuer.tokens("web", &[("nonce", nonce)]).await;
        assert_eq!(issuer.verified(&tokens.id_token).await["nonce"], nonce);
    }
    let code = issuer.code("web", &[("nonce", "")]).await;
    let tokens = Tokens::of(&issuer.redeem("web", &code).await);
    assert_eq!(issuer.verified(&tokens.id_token).await.get("nonce"), None);
}
