//! The redirect URI of a program on a person's machine — RFC 8252 §7.3, §8.3: a listener on the loopback address, for as
//! long as one answer takes.

use std::net::Ipv4Addr;
use std::time::Duration;

use axum::Router;
use axum::extract::RawQuery;
use axum::response::Html;
use axum::routing::get;
use hallpass_proto::authorize::AuthorizationResponse;
use tokio::net::TcpListener;
use tokio::sync::mpsc;

/// How long a person may take.
const PATIENCE: Duration = Duration::from_secs(10 * 60);

const PAGE: &str = "<!doctype html><html lang=en><meta charset=utf-8><meta name=color-scheme content=\"light dark\">\
                    <title>Done</title><p style=\"font:1.1rem system-ui;margin:20vh auto;text-align:center\">\
                    The answer has arrived. You can close this page and go back to the terminal.";

/// A listener that waits for an authorization response.
pub(super) struct Loopback {
    listener: TcpListener,
    port: u16,
}

impl Loopback {
    /// Listens on a port of 127.0.0.1; on any for 0.
    pub(super) async fn listen(port: u16) -> Result<Self, String> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let listener = listener.map_err(|e| format!("cannot listen on 127.0.0.1:{port}: {e}"))?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        Ok(Self { listener, port })
    }

    /// §7.3: the address as a number, since `localhost` may be somebody else's.
    pub(super) fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// The response that belongs to `state`. Others, which anybody on this machine may send, are passed over.
    pub(super) async fn response(self, state: &str) -> Result<AuthorizationResponse, String> {
        let (came, mut coming) = mpsc::channel(16);
        let callback = get(move |RawQuery(query): RawQuery| {
            let came = came.clone();
            async move {
                let _ = came.send(query.unwrap_or_default()).await;
                Html(PAGE)
            }
        });
        let serving = axum::serve(self.listener, Router::new().route("/callback", callback));
        let waiting = async {
            while let Some(query) = coming.recv().await {
                match AuthorizationResponse::parse(query.as_bytes()) {
                    Ok(response) if response.state.as_deref() == Some(state) => {
                        // The page is on its way while this waits.
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        return Ok(response);
                    }
                    Ok(_) | Err(_) => {}
                }
            }
            Err("the listener ended".to_owned())
        };
        tokio::select! {
            ended = serving => Err(ended.map_or_else(|e| e.to_string(), |()| "the listener ended".to_owned())),
            response = waiting => response,
            () = tokio::time::sleep(PATIENCE) => Err("nobody signed in within ten minutes".to_owned()),
        }
    }
}
