//! The transport over real sockets: what it refuses to do — security.md 74.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::response::Redirect;
use axum::routing::{get, post};
use bytes::Bytes;
use hallpass_client::http_client::{HttpClient, HttpError, UrlError};
use hallpass_client::transport::{Hyper, Limits};
use http::Request;

async fn serve(router: Router) -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    tokio::spawn(async move { axum::serve(listener, router).await });
    address
}

fn to(url: String) -> Request<Bytes> {
    Request::get(url).body(Bytes::new()).expect("a request")
}

fn limits() -> Limits {
    Limits { connect: Duration::from_secs(5), exchange: Duration::from_secs(5), body: 1000 }
}

#[tokio::test]
async fn a_request_is_sent_and_the_answer_read() {
    let router = Router::new().route("/token", post(|body: String| async move { body.to_uppercase() }));
    let address = serve(router).await;
    let request = Request::post(format!("http://{address}/token")).body(Bytes::from_static(b"a=b"));
    let response = Hyper::new().send(request.expect("a request")).await.expect("an answer");
    assert_eq!((response.status().as_u16(), &response.body()[..]), (200, &b"A=B"[..]));
}

#[tokio::test]
async fn a_redirect_is_an_answer() {
    let router = Router::new()
        .route("/away", get(|| async { Redirect::temporary("/there") }))
        .route("/there", get(|| async { "followed" }));
    let address = serve(router).await;
    let response = Hyper::new().send(to(format!("http://{address}/away"))).await.expect("an answer");
    assert_eq!(response.status().as_u16(), 307);
}

#[tokio::test]
async fn an_endless_answer_is_cut_off() {
    let address = serve(Router::new().route("/", get(|| async { "x".repeat(1001) }))).await;
    let error =
        Hyper::with_limits(limits()).send(to(format!("http://{address}/"))).await.expect_err("too large");
    assert!(matches!(error, HttpError::TooLarge(1000)), "{error:?}");
}

#[tokio::test]
async fn a_server_that_says_nothing_is_given_up() {
    let address = serve(Router::new().route("/", get(std::future::pending::<()>))).await;
    let limits = Limits { exchange: Duration::from_millis(50), ..limits() };
    let error =
        Hyper::with_limits(limits).send(to(format!("http://{address}/"))).await.expect_err("too slow");
    assert!(matches!(error, HttpError::Timeout(_)), "{error:?}");
}

#[tokio::test]
async fn nobody_there_is_told_apart() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let error = Hyper::new().send(to(format!("http://{address}/"))).await.expect_err("nobody");
    assert!(matches!(error, HttpError::Connect(_)), "{error:?}");
}

#[tokio::test]
async fn plain_http_stays_on_this_machine() {
    for url in ["http://as.example/", "http://localhost.evil.example/", "http://192.0.2.1/"] {
        let error = Hyper::new().send(to(url.to_owned())).await.expect_err("refused");
        assert!(matches!(error, HttpError::Url(UrlError::PlainHttp(_))), "{url}: {error:?}");
    }
}
