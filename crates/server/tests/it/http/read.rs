//! What a request of a program may be: its size, its kind, its encoding, its method.

use axum::body::Body;
use axum::http::{Method, Request, header};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use hallpass_proto::param::Form;
use hallpass_testkit::fixture::SECRET;
use hallpass_testkit::issuer::basic;
use hallpass_testkit::{Reply, TestIssuer};

const FORM: &str = "application/x-www-form-urlencoded";
const PATHS: [&str; 3] = ["/token", "/introspect", "/revoke"];
const LIMIT: usize = 64 * 1024;
/// A body that is good at each of [`PATHS`].
const BODY: &str = "grant_type=client_credentials&token=x";

/// Sends a body as a client that is registered, with some headers.
async fn send(issuer: &TestIssuer, path: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    let mut request = Request::post(path).header(header::AUTHORIZATION, basic("service", SECRET));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    issuer.send(request.body(body.into()).expect("a request")).await
}

/// A good body, filled up to a length.
fn filled(length: usize) -> String {
    let start = format!("{BODY}&filler=");
    format!("{start}{}", "x".repeat(length - start.len()))
}

/// security.md 39: a body past 64 kB is 413, by what it declares and by what it is.
#[tokio::test]
async fn a_large_body_is_refused() {
    let issuer = TestIssuer::start().await;
    for path in PATHS {
        let headers = [("content-type", FORM)];
        assert_eq!(send(&issuer, path, &headers, filled(LIMIT)).await.status, 200);

        let too_much = send(&issuer, path, &headers, filled(LIMIT + 1)).await;
        too_much.assert_refused(413, "invalid_request");

        // what it declares is enough: nothing is read
        for declared in ["65537", "99999999999"] {
            let headers = [("content-type", FORM), ("content-length", declared)];
            send(&issuer, path, &headers, BODY).await.assert_refused(413, "invalid_request");
        }
    }
    let reply = issuer.post_raw("/userinfo", None, &filled(LIMIT + 1)).await;
    assert_eq!(reply.status, 413);
}

/// Sends bytes over a socket as they are, and gives the first line of the answer.
async fn over_a_socket(issuer: &TestIssuer, request: &[u8]) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let router = issuer.server.router();
    let server = tokio::spawn(async move { axum::serve(listener, router).await });
    let mut socket = tokio::net::TcpStream::connect(address).await.expect("connects");
    socket.write_all(request).await.expect("sends");
    let mut answer = vec![0; 64];
    let length = socket.read(&mut answer).await.expect("an answer");
    server.abort();
    String::from_utf8_lossy(&answer[..length]).lines().next().unwrap_or_default().to_owned()
}

/// A body that never ends does not hold its connection for ever, neither where programs call nor where people do.
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_not_waited_for() {
    let issuer = TestIssuer::start().await;
    for path in PATHS.into_iter().chain(["/userinfo", "/sign-in"]) {
        let begun = tokio::time::Instant::now();
        let request = format!(
            "POST {path} HTTP/1.1\r\nHost: login.example\r\nContent-Type: {FORM}\r\nContent-Length: 100\r\n\r\ntoken="
        );

        let answer = over_a_socket(&issuer, request.as_bytes()).await;

        assert_eq!(
            (answer.as_str(), begun.elapsed().as_secs()),
            ("HTTP/1.1 408 Request Timeout", 10),
            "{path}"
        );
    }
}

/// security.md 39: a body in chunks, which declares nothing, is held to the same limit.
#[tokio::test]
async fn a_large_body_in_chunks_is_refused() {
    let issuer = TestIssuer::start().await;
    let head = format!(
        "POST /token HTTP/1.1\r\nHost: login.example\r\nAuthorization: {}\r\nContent-Type: {FORM}\r\n\
         Transfer-Encoding: chunked\r\n\r\n",
        basic("service", SECRET)
    );
    let chunked = |body: &str| {
        let chunks: String = body
            .as_bytes()
            .chunks(1000)
            .map(|c| format!("{:x}\r\n{}\r\n", c.len(), String::from_utf8_lossy(c)))
            .collect();
        format!("{head}{chunks}0\r\n\r\n")
    };
    assert_eq!(over_a_socket(&issuer, chunked(BODY).as_bytes()).await, "HTTP/1.1 200 OK");
    assert_eq!(over_a_socket(&issuer, chunked(&filled(LIMIT)).as_bytes()).await, "HTTP/1.1 200 OK");
    let too_much = over_a_socket(&issuer, chunked(&filled(LIMIT + 1)).as_bytes()).await;
    assert_eq!(too_much, "HTTP/1.1 413 Payload Too Large");
}

/// security.md 39: a form is a form, by whatever parameters; anything else is refused as JSON says.
#[tokio::test]
async fn only_a_form_is_read() {
    let issuer = TestIssuer::start().await;
    for path in PATHS {
        for accepted in [
            FORM,
            "application/x-www-form-urlencoded;charset=UTF-8",
            "application/x-www-form-urlencoded; charset=utf-8",
            "APPLICATION/X-WWW-FORM-URLENCODED",
            "application/x-www-form-urlencoded ; charset=\"utf-8\"; x=y",
        ] {
            let reply = send(&issuer, path, &[("content-type", accepted)], BODY).await;
            assert_eq!(reply.status, 200, "{accepted}: {}", reply.body);
        }
        for refused in [
            "",
            "application/json",
            "application/json; x=application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "text/plain",
            "application/x-www-form-urlencoded-not",
            "x-www-form-urlencoded",
        ] {
            let reply = send(&issuer, path, &[("content-type", refused)], BODY).await;
            reply.assert_refused(400, "invalid_request");
            let json = send(&issuer, path, &[("content-type", refused)], r#"{"token":"x"}"#).await;
            json.assert_refused(400, "invalid_request");
        }
        send(&issuer, path, &[], BODY).await.assert_refused(400, "invalid_request");
    }
}

/// Broken encodings are refused and not guessed at.
#[tokio::test]
async fn broken_encodings_are_refused() {
    let issuer = TestIssuer::start().await;
    for path in PATHS {
        for broken in
            [&b"%"[..], b"%4", b"%zz", b"%C3", b"%ff", b"\xff", b"\xc3\x28", b"%00", b"\0", b"%ed%a0%80"]
        {
            for place in [&b"&x="[..], b"&scope=", b"&"] {
                let body = [BODY.as_bytes(), place, broken].concat();
                let reply = send(&issuer, path, &[("content-type", FORM)], body).await;
                reply.assert_refused(400, "invalid_request");
            }
        }
    }
}

/// security.md T17: 128 parameters, and no more.
#[tokio::test]
async fn too_many_parameters_are_refused() {
    let issuer = TestIssuer::start().await;
    let body = |count: usize| {
        let more: String = (2..count).map(|i| format!("&p{i}={i}")).collect();
        format!("{BODY}{more}")
    };
    for path in PATHS {
        let headers = [("content-type", FORM)];
        assert_eq!(send(&issuer, path, &headers, body(128)).await.status, 200);
        send(&issuer, path, &headers, body(129)).await.assert_refused(400, "invalid_request");
        send(&issuer, path, &headers, body(5000)).await.assert_refused(400, "invalid_request");
    }
}

/// What a peer sent is not sent back at length: a refusal is short whatever it refuses.
#[tokio::test]
async fn a_refusal_is_short() {
    let issuer = TestIssuer::start().await;
    let long = "x".repeat(20_000);
    let many: String = (0..100).map(|i| format!("scope-number-{i} ")).collect();
    for (name, value) in
        [("scope", long.as_str()), ("scope", &many), ("grant_type", &long), ("client_id", &long)]
    {
        let mut form: Form<'_> = [("grant_type", "client_credentials")].into_iter().collect();
        if name == "grant_type" {
            form = Form::default();
        }
        form.push(name, value);
        let reply = send(&issuer, "/token", &[("content-type", FORM)], form.encode()).await;
        assert!(reply.status.is_client_error());
        assert!(reply.body.len() < 300, "{name}: {}", reply.body.len());
    }
    let twice = format!("{long}=1&{long}=2");
    let reply = send(&issuer, "/token", &[("content-type", FORM)], twice).await;
    reply.assert_refused(400, "invalid_request");
}

/// RFC 6749 §3.2: "The client MUST use the HTTP \"POST\" method": a GET never does anything.
#[tokio::test]
async fn other_methods_are_not_allowed() {
    let issuer = TestIssuer::start().await;
    for path in PATHS {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::PATCH, Method::TRACE] {
            let request = Request::builder()
                .method(method.clone())
                .uri(format!("{path}?{BODY}"))
                .header(header::AUTHORIZATION, basic("service", SECRET))
                .header(header::CONTENT_TYPE, FORM)
                .body(Body::from(BODY));
            let reply = issuer.send(request.expect("a request")).await;
            assert_eq!(reply.status, 405, "{method} {path}");
            assert!(reply.header("allow").contains("POST"), "{}", reply.header("allow"));
            assert_eq!(reply.header("cache-control"), "no-store");
        }
    }
}
