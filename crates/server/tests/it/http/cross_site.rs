//! Forms that another site sends, or that nobody was shown — security.md 65.

use hallpass_testkit::TestIssuer;
use hallpass_testkit::browser::{authorize_url, form_of, response_of};
use hallpass_testkit::fixture::PASSWORD_OF_ALL;
use hallpass_testkit::html::forms;

use super::WEB;

const BROWSERS_OWN: [(&str, &str); 2] = [("origin", "null"), ("sec-fetch-site", "same-origin")];

/// Every form of ours, with what it would send.
async fn all(issuer: &TestIssuer) -> Vec<(&'static str, hallpass_testkit::Browser, Vec<(String, String)>)> {
    let stranger = issuer.browser();
    let ada = issuer.browser();
    ada.code("spa", "https://spa.example/cb", &[]).await;
    let mut found = Vec::new();
    for (browser, path, id, url, extra) in [
        (
            &stranger,
            "/sign-in",
            "sign-in",
            authorize_url("web", WEB, &[]),
            &[("username", "ada"), ("password", PASSWORD_OF_ALL)][..],
        ),
        (&ada, "/consent", "consent", authorize_url("web", WEB, &[]), &[("action", "allow")]),
        (
            &ada,
            "/select-account",
            "select-account",
            authorize_url("web", WEB, &[("prompt", "select_account")]),
            &[("action", "another")],
        ),
        (&stranger, "/device", "device", device_link(issuer).await, &[]),
        (&ada, "/device/confirm", "device-confirm", question_url(issuer, &ada).await, &[("action", "allow")]),
        (&ada, "/sign-out", "sign-out", "/end-session".to_owned(), &[("action", "sign-out")]),
        (&ada, "/sign-out", "sign-out", "/".to_owned(), &[("action", "sign-out")]),
        (&ada, "/applications/revoke", "", "/".to_owned(), &[]),
    ] {
        let page = browser.open(&url).await;
        let form = match id {
            "" => forms(&page.body).into_iter().find(|f| f.action == path).expect("a form"),
            id => form_of(&page, id),
        };
        assert_eq!((form.action.as_str(), form.method.as_str()), (path, "post"));
        let own = form.fields.into_iter().filter(|(name, _)| !extra.iter().any(|(n, _)| n == name));
        let fields = own.chain(extra.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned()))).collect();
        found.push((path, browser.clone(), fields));
    }
    found
}

/// The address that a device shows.
async fn device_link(issuer: &TestIssuer) -> String {
    let codes = issuer.post("/device_authorization", None, &[("client_id", "tv")]).await.json();
    codes["verification_uri_complete"].as_str().expect("a link").to_owned()
}

/// Where Ada is asked about a device.
async fn question_url(issuer: &TestIssuer, ada: &hallpass_testkit::Browser) -> String {
    let page = ada.open(&device_link(issuer).await).await;
    ada.submit(&page, "device", &[]).await.location().to_owned()
}

/// security.md 65: the browser itself says that another site sends the form: nothing happens.
#[tokio::test]
async fn a_form_from_another_site_is_refused() {
    let issuer = TestIssuer::start().await;

    for (path, browser, fields) in all(&issuer).await {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        for headers in [
            &[("origin", "https://evil.example")][..],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
            &[("origin", "http://login.example")],
            &[("origin", "https://login.example.evil.example")],
            &[("origin", "https://login.example:8443")],
            &[("origin", "")],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "null"), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://login.example"), ("sec-fetch-site", "cross-site")],
        ] {
            let before = browser.cookies();
            browser.post_with(path, headers, &fields).await.assert_page(403, "invalid_request");
            assert_eq!(browser.cookies(), before, "{path}");
        }
    }
    nothing_has_happened(&issuer).await;
}

/// security.md 65: so does a form without its token, or with one that is not its own.
#[tokio::test]
async fn a_form_without_its_token_is_refused() {
    let issuer = TestIssuer::start().await;
    let all = all(&issuer).await;
    let tokens: Vec<(&str, String)> = all
        .iter()
        .map(|(path, _, fields)| {
            (*path, fields.iter().find(|(n, _)| n == "csrf").expect("a token").1.clone())
        })
        .collect();

    for (path, browser, fields) in &all {
        let own = &fields.iter().find(|(n, _)| n == "csrf").expect("a token").1;
        let foreign = tokens.iter().filter(|(_, token)| token != own).map(|(_, token)| token.as_str());
        // What the home page shows is good for both of its forms, and only there.
        let foreign = foreign.map(Some).chain([None, Some(""), Some("x"), Some(&own[..42])]);
        for token in foreign {
            if *path == "/sign-out"
                && tokens.iter().any(|(of, t)| *of == "/applications/revoke" && Some(t.as_str()) == token)
            {
                continue;
            }
            let rest = fields.iter().filter(|(n, _)| n != "csrf").map(|(n, v)| (n.as_str(), v.as_str()));
            let fields: Vec<(&str, &str)> = rest.chain(token.map(|t| ("csrf", t))).collect();
            let reply = browser.post_with(path, &BROWSERS_OWN, &fields).await;

            assert_eq!(reply.status, 403, "{path} {token:?}: {}", reply.body);
            assert!(
                !reply.headers.contains_key("location") && !reply.headers.contains_key("set-cookie"),
                "{path}"
            );
        }
    }
    nothing_has_happened(&issuer).await;
}

/// The same forms work when the browser says that they are ours, or says nothing.
#[tokio::test]
async fn a_form_of_ours_works_in_old_browsers_and_new_ones() {
    for headers in [
        &[][..],
        &BROWSERS_OWN,
        &[("origin", "null")],
        &[("origin", "https://login.example")],
        &[("origin", "https://login.example"), ("sec-fetch-site", "same-origin")],
        &[("sec-fetch-site", "none")],
    ] {
        let issuer = TestIssuer::start().await;
        for (path, browser, fields) in all(&issuer).await {
            if path == "/sign-out" {
                continue;
            }
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
            assert_eq!(browser.post_with(path, headers, &fields).await.status, 303, "{path} {headers:?}");
        }
    }
}

/// security.md 65: an authorization request may come from any site, by POST too: it is what starts everything.
#[tokio::test]
async fn an_authorization_request_comes_from_another_site() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("web", WEB, &[]).await;
    let url = authorize_url("web", WEB, &[]);
    let query = url.split_once('?').expect("a query").1;
    let form = hallpass_proto::param::Form::parse(query.as_bytes()).expect("parameters");
    let fields: Vec<(&str, &str)> = form.iter().collect();

    let reply = browser
        .post_with(
            "/authorize",
            &[("origin", "https://web.example"), ("sec-fetch-site", "cross-site")],
            &fields,
        )
        .await;

    assert!(response_of(&reply).code.is_some());
}

/// None of our pages is open to scripts of other origins.
#[tokio::test]
async fn no_page_is_for_scripts_of_other_origins() {
    let issuer = TestIssuer::start().await;

    for (name, page) in super::pages(&issuer).await {
        let headers = page.headers.keys().filter(|key| key.as_str().starts_with("access-control-"));
        assert_eq!(headers.count(), 0, "{name}");
    }
}

async fn nothing_has_happened(issuer: &TestIssuer) {
    let web = issuer.store.consent("user-ada", "web").await.expect("the store works");
    let spa = issuer.store.consent("user-ada", "spa").await.expect("the store works");
    let tv = issuer.store.consent("user-ada", "tv").await.expect("the store works");
    assert!(web.is_none() && spa.is_some() && tv.is_none());
}
