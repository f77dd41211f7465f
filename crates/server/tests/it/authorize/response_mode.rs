//! `response_mode` — OAuth 2.0 Multiple Response Type Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hallpass_proto::redirect_uri::RedirectUri;
use hallpass_proto::secret::Digest;
use hallpass_testkit::browser::{authorize_url, form_of};
use hallpass_testkit::{Reply, TestIssuer};

use super::{SPA, WEB};

const HOSTILE: &str = "\"><script>alert('x')</script>&amp;<img src=x onerror=alert(1)>\u{2028}%22+";

/// Tokens never go into a query, whatever is asked for; the refusal itself keeps to the fragment.
#[tokio::test]
async fn a_token_never_goes_into_the_query() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser();
    browser.code("spa", SPA, &[]).await;

    for response_type in ["token", "id_token", "id_token token"] {
        let extra = [("response_type", response_type), ("response_mode", "query")];
        let reply = browser.get(&authorize_url("spa", SPA, &extra)).await;

        reply.assert_sent_back(SPA, "invalid_request");
        assert!(reply.location().contains('#') && !reply.location().contains('?'), "{}", reply.location());
    }
}

/// A form cannot be posted to an app's own scheme: the app is told in the query, and no code is made.
#[tokio::test]
async fn a_form_is_not_posted_to_an_app() {
    let app = "com.example.app:/cb";
    let issuer = TestIssuer::start().await;
    issuer
        .change_client("native", |client| {
            client.redirect_uris.push(RedirectUri::parse(app).expect("may be registered"))
        })
        .await;

    let reply = issuer.get(&authorize_url("native", app, &[("response_mode", "form_post")])).await;

    reply.assert_sent_back(app, "invalid_request");
    assert!(reply.location().starts_with("com.example.app:/cb?error="), "{}", reply.location());
}

/// An unknown mode is refused in the default one.
#[tokio::test]
async fn an_unknown_mode_is_refused() {
    let issuer = TestIssuer::start().await;

    for mode in ["nonsense", "QUERY", "web_message", "query.jwt"] {
        let reply = issuer.get(&authorize_url("web", WEB, &[("response_mode", mode)])).await;

        reply.assert_sent_back(WEB, "invalid_request");
    }
}

/// A code may go into the fragment when a client asks for that.
#[tokio::test]
async fn a_code_goes_into_the_fragment_on_request() {
    let issuer = TestIssuer::start().await;

    let reply = issuer.browser().complete(&authorize_url("web", WEB, &[("response_mode", "fragment")])).await;

    assert!(reply.location().starts_with(&format!("{WEB}#code=")), "{}", reply.location());
}

/// security.md 17: a value that breaks out of sloppy HTML arrives whole, and inert.
#[tokio::test]
async fn a_form_post_carries_a_hostile_state_unharmed() {
    let issuer = TestIssuer::start().await;
    let url = authorize_url("web", WEB, &[("response_mode", "form_post"), ("state", HOSTILE)]);

    let page = issuer.browser().complete(&url).await;

    assert_eq!(page.status, 200);
    let form = form_of(&page, "form-post");
    assert_eq!((form.action.as_str(), form.method.as_str()), (WEB, "post"));
    let names: Vec<&str> = form.fields.keys().map(String::as_str).collect();
    assert_eq!(names, ["code", "iss", "session_state", "state"]);
    assert_eq!(form.fields["state"], HOSTILE);
    assert_eq!(form.fields["iss"], issuer.issuer.as_str());
    assert!(!page.body.contains("<script>alert") && !page.body.contains("<img"), "{}", page.body);
    assert_eq!(page.body.matches("<script").count(), 1, "{}", page.body);
    assert!(issuer.redeem("web", &form.fields["code"]).await.status == 200);
}

/// security.md 16, 17: a refusal goes the same way, and is an answer to the client like any other.
#[tokio::test]
async fn a_form_post_carries_a_refusal() {
    let issuer = TestIssuer::start().await;
    let extra = [("response_mode", "form_post"), ("state", HOSTILE), ("prompt", "none")];

    let page = issuer.get(&authorize_url("web", WEB, &extra)).await;

    assert_eq!(page.status, 200);
    let form = form_of(&page, "form-post");
    assert_eq!(form.action, WEB);
    assert_eq!(form.fields["error"], "login_required");
    assert_eq!(form.fields["state"], HOSTILE);
    assert_eq!(form.fields["iss"], issuer.issuer.as_str());
    assert_eq!(form.fields.len(), 4, "{:?}", form.fields);
}

/// security.md 16: the policy of that page names the one script by its hash, and the one address that its form goes to.
#[tokio::test]
async fn the_form_post_page_allows_one_script_and_one_target() {
    let issuer = TestIssuer::start().await;
    let extra = [("response_mode", "form_post"), ("prompt", "none")];

    let page = issuer.get(&authorize_url("web", WEB, &extra)).await;

    let script = page.body.split_once("<script>").and_then(|(_, rest)| rest.split_once("</script>"));
    let (script, _) = script.expect("a script");
    let hash = STANDARD.encode(Digest::of(script.as_bytes()).as_bytes());
    assert_eq!(directive(&page, "script-src"), format!("'sha256-{hash}'"));
    assert_eq!(directive(&page, "form-action"), "https://web.example");
    assert_eq!(directive(&page, "default-src"), "'none'");
    assert_eq!(directive(&page, "frame-ancestors"), "'none'");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
}

fn directive(page: &Reply, name: &str) -> String {
    let policy = page.header("content-security-policy").split(';').map(str::trim);
    let values: Vec<&str> = policy.filter_map(|d| d.strip_prefix(name)?.strip_prefix(' ')).collect();
    assert_eq!(values.len(), 1, "{name}: {}", page.header("content-security-policy"));
    values[0].to_owned()
}

/// security.md 31: a response as a JWT is not offered, and no way around the registered redirect URI.
#[tokio::test]
async fn a_response_as_a_jwt_goes_nowhere() {
    let issuer = TestIssuer::start().await;
    let browser = issuer.browser_of_ada().await;
    for mode in ["jwt", "query.jwt", "fragment.jwt", "form_post.jwt"] {
        let foreign = authorize_url("web", "https://evil.example/cb", &[("response_mode", mode)]);
        browser.get(&foreign).await.assert_page(400, "invalid_request");

        let own = browser.get(&authorize_url("web", WEB, &[("response_mode", mode)])).await;
        own.assert_sent_back(WEB, "invalid_request");
    }
}
