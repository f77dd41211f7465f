//! What Hallpass is measured against: servers that do one thing, and nothing else.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use http_body_util::Full;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Map, Value, json};

use hallpass_proto::env::Env;
use hallpass_proto::jose::alg::SigningAlg;
use hallpass_proto::jose::jws::SigningKey;
use hallpass_proto::jose::jwt::{Audience, sign_claims};
use hallpass_proto::jwt_access_token::{AccessTokenClaims, TYP};

use crate::{Done, standing, told, world};

/// An axum handler that signs the access token of the client credentials grant with a cached key.
pub(crate) async fn sign() -> Done {
    let env = Env::system();
    let key = Arc::new(SigningKey::generate(SigningAlg::Es256).map_err(told)?);
    let handler = move || {
        let (env, key) = (env.clone(), key.clone());
        async move { Json(token(&env, &key)) }
    };
    let (listener, port) = standing::listen().await?;
    let router = Router::new().route("/token", post(handler));
    tokio::select! {
        ended = axum::serve(listener, router) => ended.map_err(told),
        ended = standing::stand(port) => ended,
    }
}

fn token(env: &Env, key: &SigningKey) -> Value {
    let now = env.now();
    let claims = AccessTokenClaims {
        iss: "http://localhost:9000".to_owned(),
        sub: world::SERVICE.to_owned(),
        aud: Audience::from(vec![world::AUDIENCE.to_owned()]),
        client_id: world::SERVICE.to_owned(),
        exp: now + 600,
        iat: now,
        jti: env.id(),
        scope: "items:read".parse().ok(),
        auth_time: None,
        acr: None,
        amr: Vec::new(),
        extra: Map::new(),
    };
    let token = sign_claims(key, Some(TYP), &claims).unwrap_or_default();
    json!({"access_token": token, "token_type": "Bearer", "expires_in": 600, "scope": "items:read"})
}

/// A hyper service that gives back the answers in a file: per path its header lines and its body.
pub(crate) async fn replay(file: &str) -> Done {
    let held: HashMap<String, Replayed> = read(file)?;
    let held = Arc::new(held);
    let (listener, port) = standing::listen().await?;
    let serving = async {
        loop {
            let (stream, _) = listener.accept().await.map_err(told)?;
            stream.set_nodelay(true).map_err(told)?;
            let held = held.clone();
            let service = service_fn(move |request: Request<hyper::body::Incoming>| {
                let answer = held.get(request.uri().path()).map(Replayed::response);
                async move { Ok::<_, Infallible>(answer.unwrap_or_default()) }
            });
            tokio::spawn(async move {
                let _ = hyper::server::conn::http1::Builder::new()
                    .serve_connection(TokioIo::new(stream), service)
                    .await;
            });
        }
    };
    tokio::select! {
        ended = serving => ended,
        ended = standing::stand(port) => ended,
    }
}

/// Names and values of headers.
type Lines = Vec<(String, String)>;

struct Replayed {
    headers: Vec<(hyper::header::HeaderName, hyper::header::HeaderValue)>,
    body: Bytes,
}

impl Replayed {
    fn response(&self) -> Response<Full<Bytes>> {
        let mut response = Response::new(Full::new(self.body.clone()));
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }
}

fn read(file: &str) -> Result<HashMap<String, Replayed>, String> {
    let text = std::fs::read(file).map_err(told)?;
    let all: Vec<(String, Lines, String)> = serde_json::from_slice(&text).map_err(told)?;
    let mut held = HashMap::new();
    for (path, lines, body) in all {
        let mut headers = Vec::new();
        for (name, value) in lines {
            headers.push((name.parse().map_err(told)?, value.parse().map_err(told)?));
        }
        held.insert(path, Replayed { headers, body: body.into() });
    }
    Ok(held)
}
