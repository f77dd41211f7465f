//! One sign-out for all — OpenID Connect Back-Channel Logout 1.0, Session Management 1.0, in a browser.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use hallpass_proto::secret::Digest;

use crate::browser::{Browser, visit};
use crate::person::NAME;

#[tokio::test]
async fn signing_out_at_the_issuer_signs_out_of_the_app() {
    visit(async |browser| {
        browser.sign_in_to_app().await;
        browser.open_app("/").await;
        assert!(browser.text("#signed-in").await.contains(NAME));
        browser.open_issuer("/").await;

        browser.follow("#sign-out-submit").await;

        browser.arrives_at_issuer("/signed-out").await;
        browser.open_app("/").await;
        assert!(browser.has("#signed-out").await, "the app has heard of it");
    })
    .await;
}

#[tokio::test]
async fn a_page_of_a_client_can_watch_the_session() {
    visit(async |browser| {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let client = format!("http://localhost:{}", listener.local_addr().expect("an address").port());
        let serving = tokio::spawn(serve(listener, browser.places.issuer.clone()));
        browser.sign_in_to_app().await;
        browser.open_issuer("/").await;
        let state = browser.script("return document.cookie.split('_state=')[1].split(';')[0]").await;
        let input = format!("a client {client} {} salt", state.as_str().expect("a cookie for scripts"));
        let hash = Digest::of(input.as_bytes());
        let hash: String = hash.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();

        assert_eq!(says(&browser, &client, &format!("a client {hash}.salt")).await, "unchanged");
        assert_eq!(says(&browser, &client, &format!("another client {hash}.salt")).await, "changed");
        for malformed in ["", "nonsense", "a client nonsense", " .salt"] {
            assert_eq!(says(&browser, &client, malformed).await, "error", "{malformed}");
        }
        browser.open_issuer("/").await;
        browser.follow("#sign-out-submit").await;
        browser.arrives_at_issuer("/signed-out").await;
        assert_eq!(says(&browser, &client, &format!("a client {hash}.salt")).await, "changed");
        serving.abort();
    })
    .await;
}

/// What the issuer's frame answers to a page of the client.
async fn says(browser: &Browser, client: &str, message: &str) -> String {
    browser.open(client).await;
    browser.script(&format!("ask({})", serde_json::Value::from(message))).await;
    let answered = async || !browser.text("#answer").await.is_empty();
    assert!(browser.eventually(answered).await, "the frame does not answer {message:?}");
    browser.text("#answer").await
}

/// A client with one page, which has the issuer's frame in it.
async fn serve(listener: TcpListener, issuer: String) {
    let page = format!(
        "<!doctype html><html lang=en><title>A client</title><link rel=icon href=\"data:,\"><p id=answer></p>\
         <iframe id=op title=issuer src=\"{issuer}/check-session\"></iframe><script>\
         addEventListener('message', e => {{ if (e.origin === '{issuer}') answer.textContent = e.data; }});\
         const ask = text => op.contentWindow.postMessage(text, '{issuer}');</script></html>"
    );
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        page.len()
    );
    while let Ok((mut stream, _)) = listener.accept().await {
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let _ = stream.write_all(format!("{head}{page}").as_bytes()).await;
    }
}
