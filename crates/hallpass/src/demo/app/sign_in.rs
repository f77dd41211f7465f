//! `/login` and `/callback`: the login engine's two halves, and between them the record of what went on.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::header::{LOCATION, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse, Redirect, Response};
use hallpass_client::login::{Begin, Finished, SignedIn, wants_html};
use hallpass_proto::param::Form;

use super::App;
use super::mask;
use super::run::{Checked, ITEMS_READ, Run, Step, decoded, id_token_checks};
use super::trace::{Exchange, recorded};

/// Where people go who did not want to go anywhere.
const CLAIMS: &str = "/claims";

/// `GET /login`: to the issuer, with `scope=openid profile email`.
pub(super) async fn login(State(app): State<App>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let query = query.unwrap_or_default();
    let form = Form::parse(query.as_bytes()).and_then(Form::no_duplicates).unwrap_or_default();
    let return_to = form.get("return_to").unwrap_or(CLAIMS).to_owned();
    begin(&app, &headers, Begin { return_to: Some(return_to), ..Begin::default() }).await
}

/// Sends the browser away, and remembers with what.
pub(super) async fn begin(app: &App, headers: &HeaderMap, begin: Begin) -> Response {
    match app.login.begin(headers, begin).await {
        Ok(response) => {
            let url = response
                .headers()
                .get(LOCATION)
                .and_then(|location| location.to_str().ok())
                .unwrap_or_default();
            if let Some(state) = parameter(url.split_once('?').map_or("", |(_, query)| query), "state") {
                app.memory.keep_request(&state, url);
            }
            response
        }
        Err(failure) => failure.into_response(headers),
    }
}

/// `GET /callback`: a session, and the claims or the page that the person wanted.
pub(super) async fn callback(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let query = query.unwrap_or_default();
    let (finished, exchanges) = recorded(app.login.finish(&headers, &query)).await;
    match finished {
        Ok(Finished::SignedIn(done)) => {
            if let Some(key) = done.found.key {
                let mut run = sign_in_run(&app, &query, &done, exchanges);
                if done.tokens.scope.contains(ITEMS_READ) {
                    run.call_api(&app.clients, &done.tokens.access_token).await;
                }
                app.memory.keep_run(key, run);
            }
            let response = if wants_html(&headers) {
                Redirect::to(&done.return_to).into_response()
            } else {
                Json(&done.found.session.claims).into_response()
            };
            with_cookies(response, done.cookies)
        }
        Ok(Finished::Already { return_to, cookies }) => {
            with_cookies(Redirect::to(&return_to).into_response(), cookies)
        }
        Err(failure) => failure.into_response(&headers),
    }
}

fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    for cookie in cookies {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

fn sign_in_run(app: &App, query: &str, done: &SignedIn, exchanges: Vec<Exchange>) -> Run {
    let state = parameter(query, "state").unwrap_or_default();
    let asked = app.memory.request(&state).unwrap_or_default();
    let mut away = Step::new(
        "Send the browser to the issuer",
        "With a fresh state, nonce and PKCE challenge. What they are checked against stays in a sealed cookie. The \
         person signs in and says yes on the issuer's own pages.",
    );
    away.exchanges.push(Exchange { request: format!("GET {}", mask::url(&asked)), response: String::new() });
    let mut back =
        Step::new("The browser comes back with a code", "It is of use to this app only, once, for a minute.");
    back.exchanges.push(Exchange {
        request: format!("GET {}", mask::url(&format!("{}?{query}", app.login.public_url().to("/callback")))),
        response: String::new(),
    });
    back.checks.push(Checked::passed("state", "is the one of this browser's attempt"));
    if let Some(iss) = parameter(query, "iss") {
        back.checks.push(Checked::passed("iss", format!("is {iss} (RFC 9207)")));
    }
    let mut run = Run { steps: vec![away, back] };
    for (i, exchange) in exchanges.into_iter().enumerate() {
        let mut step = if i == 0 {
            Step::new(
                "Exchange the code for tokens",
                "Server to server, with the PKCE verifier and the client's secret.",
            )
        } else {
            Step::new("Ask UserInfo for the profile", "Its sub must be exactly that of the ID token.")
        };
        step.exchanges.push(exchange);
        run.steps.push(step);
    }
    let mut look = Step::new(
        "Verify the ID token",
        "Every rule of OpenID Connect Core 3.1.3.7, before anything in it is believed.",
    );
    look.tokens.extend(decoded("Access token", &done.tokens.access_token));
    if let Some(id_token) = &done.tokens.id_token {
        look.tokens.extend(decoded("ID token", &id_token.raw));
        look.checks = id_token_checks(id_token);
    }
    run.steps.push(look);
    run
}

fn parameter(query: &str, name: &str) -> Option<String> {
    Form::parse(query.as_bytes()).ok()?.get(name).map(str::to_owned)
}
