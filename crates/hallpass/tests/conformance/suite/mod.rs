//! What every module of a plan works with: a running issuer, and the clients that are registered there.

pub(crate) mod browser;
mod client;
mod config;
pub(crate) mod host;
mod modules;
pub(crate) mod plans;
mod request;
mod response;
mod tokens;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::Request as HttpRequest;
use rustls::pki_types::CertificateDer;
use serde_json::Value;

use hallpass_proto::jose::jwk::JwkSet;
use hallpass_testkit::{Browser, Reply};

use crate::connection::{Door, get};
pub(crate) use client::Client;
pub(crate) use config::config;
use host::Host;
use plans::Plan;

/// The issuer of the program under test.
pub(crate) const ISSUER: &str = "https://localhost";
/// Where the suite is called back.
pub(crate) const CALLBACK: &str = "https://suite.example/test/callback";
/// Where it is left for after sign-out.
pub(crate) const POST_LOGOUT: &str = "https://suite.example/test/post-logout";
/// What the browser loads to tell it of a sign-out.
pub(crate) const FRONT_CHANNEL: &str = "https://suite.example/test/front-channel";

/// How clients come to be known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Registration {
    /// By the operator.
    Static,
    /// By request (OpenID Connect Registration), one for each time that a module wants a client.
    Dynamic,
}

/// One run of a plan.
#[derive(Clone)]
pub(crate) struct Suite {
    door: Door,
    /// `response_type` of the plan.
    pub(crate) response_type: &'static str,
    /// `response_mode` of the plan, where it is not the default.
    pub(crate) response_mode: Option<&'static str>,
    /// What clients register beside the usual.
    members: Value,
    registration: Registration,
    /// The discovery document.
    pub(crate) metadata: Arc<Value>,
    /// The suite's own server.
    pub(crate) host: Arc<Host>,
}

impl Suite {
    /// Discovers the issuer.
    pub(crate) async fn new(
        address: SocketAddr,
        certificate: &CertificateDer<'static>,
        plan: &Plan,
        host: Host,
        registration: Registration,
    ) -> Self {
        let door = Door::tls(address, certificate);
        let metadata = door.get("/.well-known/openid-configuration").await;
        assert_eq!((metadata.status.as_u16(), metadata.header("content-type")), (200, "application/json"));
        Self {
            door,
            response_type: plan.response_type,
            response_mode: plan.response_mode,
            members: (plan.members)(&host),
            registration,
            metadata: Arc::new(metadata.json()),
            host: Arc::new(host),
        }
    }

    /// A browser without cookies.
    pub(crate) fn browser(&self) -> Browser {
        self.door.browser(ISSUER)
    }

    /// Whether an answer of the plan's response type has this: `code`, `id_token` or `token`.
    pub(crate) fn answers_with(&self, part: &str) -> bool {
        self.response_type.split(' ').any(|word| word == part)
    }

    /// The path of an endpoint of the metadata.
    #[track_caller]
    pub(crate) fn endpoint(&self, name: &str) -> &str {
        let url = self.metadata[name].as_str().unwrap_or_else(|| panic!("no {name} in the metadata"));
        url.strip_prefix(ISSUER).unwrap_or_else(|| panic!("{name} is not at the issuer: {url}"))
    }

    /// The published keys.
    pub(crate) async fn keys(&self) -> JwkSet {
        let reply = self.door.get(self.endpoint("jwks_uri")).await;
        JwkSet::parse(reply.body.as_bytes()).expect("a key set")
    }

    /// Sends a request without a browser.
    pub(crate) async fn send(&self, request: HttpRequest) -> Reply {
        self.door.send(request).await
    }

    /// UserInfo with a token in the header, by GET.
    pub(crate) async fn userinfo(&self, access_token: &str) -> Reply {
        let mut request = get(self.endpoint("userinfo_endpoint"));
        request
            .headers_mut()
            .insert("authorization", format!("Bearer {access_token}").parse().expect("a value"));
        self.send(request).await
    }

    /// A POST of a form without a browser.
    pub(crate) async fn post(&self, path: &str, authorization: Option<&str>, body: String) -> Reply {
        let mut request = HttpRequest::post(path)
            .header("host", "localhost")
            .header("content-type", "application/x-www-form-urlencoded");
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        self.send(request.body(Body::from(body)).expect("a request")).await
    }
}
