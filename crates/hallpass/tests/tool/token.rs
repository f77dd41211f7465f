//! `hallpass token`.

use std::time::Duration;

use hallpass_testkit::fixture::{PASSWORD_OF_ALL, SECRET};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::net::TcpStream;

use crate::world::{World, command, run, text, token_of};

#[tokio::test]
async fn a_service_gets_its_token() {
    let world = World::new().await;
    assert_eq!(token_of(&world).await.matches('.').count(), 2);
}

#[tokio::test]
async fn a_wrong_secret_is_told_with_what_to_look_at() {
    let world = World::new().await;
    let mut token = command(&[
        "token",
        "--issuer",
        &world.issuer,
        "--client-id",
        "service",
        "--flow",
        "client-credentials",
    ]);
    token.env("HALLPASS_CLIENT_SECRET", "wrong-secret-canary");

    let output = run(token, "").await;

    let said = text(&output.stderr);
    assert!(!output.status.success());
    assert!(said.contains("invalid_client") && said.contains("check the client_id"), "{said}");
    assert!(!said.contains("canary"), "{said}");
}

#[tokio::test]
async fn an_issuer_that_is_not_there_is_told_so() {
    let output = run(
        command(&[
            "token",
            "--issuer",
            "http://127.0.0.1:9",
            "--client-id",
            "x",
            "--flow",
            "client-credentials",
        ]),
        "",
    )
    .await;
    let said = text(&output.stderr);
    assert!(!output.status.success() && said.contains("could not be reached"), "{said}");
}

#[tokio::test]
async fn the_password_is_read_from_standard_input() {
    let world = World::new().await;
    let mut token = command(&[
        "token",
        "--issuer",
        &world.issuer,
        "--client-id",
        "legacy",
        "--auth-method",
        "client_secret_post",
        "--flow",
        "password",
        "--username",
        "ada",
        "--scope",
        "openid profile",
    ]);
    token.env("HALLPASS_CLIENT_SECRET", SECRET);
    let output = run(token, &format!("{PASSWORD_OF_ALL}\n")).await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(json["id_token"].is_string() && json["scope"] == "openid profile", "{json}");
}

/// RFC 8252 §7.3: the browser comes back to a port of this machine. A stranger who guesses the port, and not `state`, ends
/// nothing.
#[tokio::test]
async fn the_browser_flow_waits_for_its_own_answer() {
    let world = World::new().await;
    let mut token = command(&[
        "token",
        "--issuer",
        &world.issuer,
        "--client-id",
        "native",
        "--scope",
        "openid",
        "--no-browser",
    ]);
    let mut child = token.spawn().expect("starts");
    let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
    let url = loop {
        let line = lines.next_line().await.expect("text").expect("a line");
        if line.trim().starts_with("http") {
            break line.trim().to_owned();
        }
    };
    for expected in ["code_challenge_method=S256", "state=", "redirect_uri=http%3A%2F%2F127.0.0.1%3A"] {
        assert!(url.contains(expected), "{expected} in {url}");
    }
    let port = url.split("127.0.0.1%3A").nth(1).and_then(|rest| rest.split('%').next()).expect("a port");
    let state = url.split("state=").nth(1).and_then(|rest| rest.split('&').next()).expect("a state");

    callback(port, "error=access_denied&state=guessed").await;
    let running = tokio::time::timeout(Duration::from_millis(300), child.wait()).await;
    assert!(running.is_err(), "it waits on");
    let page =
        callback(port, &format!("error=access_denied&state={state}&iss={}", encoded(&world.issuer))).await;

    assert!(page.contains("You can close this page"), "{page}");
    let status = child.wait().await.expect("ends");
    let mut rest = String::new();
    lines.into_inner().read_to_string(&mut rest).await.expect("text");
    assert!(!status.success() && rest.contains("access_denied"), "{rest}");
}

/// RFC 8628: the code is entered in a browser that knows nothing of the terminal, and the terminal has its tokens then.
#[tokio::test]
async fn the_device_flow_shows_a_code_and_waits_for_the_answer() {
    let world = World::new().await;
    for (action, allowed) in [("allow", true), ("deny", false)] {
        let mut child = device_flow(&world).spawn().expect("starts");
        let mut lines = BufReader::new(child.stderr.take().expect("a pipe")).lines();
        let mut shown = Vec::new();
        while shown.len() < 3 {
            let line = lines.next_line().await.expect("text").expect("a line");
            shown.extend(line.strip_prefix("  ").map(str::to_owned));
        }
        let [uri, code, complete] = &shown[..] else { panic!("{shown:?}") };
        assert_eq!(uri, &format!("{}/device", world.issuer));
        assert_eq!(complete, &format!("{uri}?user_code={code}"));

        let browser = world.browser();
        let page = browser.open("/device").await;
        let reply = browser.submit(&page, "device", &[("user_code", code)]).await;
        let page = browser.follow(reply).await;
        let ada = [("username", "ada"), ("password", PASSWORD_OF_ALL)];
        let reply = browser.submit(&page, "sign-in", &ada).await;
        let page = browser.follow(reply).await;
        let reply = browser.submit(&page, "device-confirm", &[("action", action)]).await;
        assert_eq!(browser.follow(reply).await.status, 200);

        let output = child.wait_with_output().await.expect("ends");
        let mut rest = String::new();
        lines.into_inner().read_to_string(&mut rest).await.expect("text");
        assert_eq!(output.status.success(), allowed, "{rest}");
        if allowed {
            let json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
            assert!(json["access_token"].is_string() && json["id_token"].is_string(), "{json}");
        } else {
            assert!(output.stdout.is_empty() && rest.contains("access_denied"), "{rest}");
        }
    }
}

fn device_flow(world: &World) -> tokio::process::Command {
    command(&[
        "token",
        "--issuer",
        &world.issuer,
        "--client-id",
        "tv",
        "--flow",
        "device",
        "--scope",
        "openid",
    ])
}

fn encoded(text: &str) -> String {
    text.replace(':', "%3A").replace('/', "%2F")
}

async fn callback(port: &str, query: &str) -> String {
    use tokio::io::AsyncWriteExt as _;
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).await.expect("listens");
    let request = format!("GET /callback?{query} HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}
