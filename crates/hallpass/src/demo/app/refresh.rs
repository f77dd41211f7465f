//! `/flows/refresh` — RFC 6749 §6, and what else can be done with a token: UserInfo, introspection (RFC 7662),
//! revocation (RFC 7009).

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use hallpass_client::error::Error;
use hallpass_client::login::{LoggedIn, Session, SessionTokens};
use hallpass_proto::error::ErrorCode;
use hallpass_proto::introspection::TokenTypeHint;
use hallpass_proto::param::Form;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;

use super::App;
use super::page::{self, Bar, Me, Visitor};
use super::run::{Checked, ITEMS_READ, Run, Step, failure};
use super::trace::recorded;

#[derive(Template)]
#[template(path = "refresh.html")]
struct RefreshPage {
    bar: Bar,
    state: Held,
    run: Option<Run>,
}

/// What the session has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Held {
    NobodySignedIn,
    NoRefreshToken,
    RefreshToken,
}

pub(super) async fn show(visitor: Visitor) -> Response {
    page::html(&RefreshPage { bar: Bar::new(&visitor, "flows"), state: held(&visitor), run: None })
}

pub(super) async fn run(State(app): State<App>, visitor: Visitor, body: Bytes) -> Response {
    let form = Form::parse(&body).unwrap_or_default();
    let mut state = held(&visitor);
    let mut run = None;
    if let Some(signed_in) = &visitor
        && let Some(tokens) = &signed_in.session().tokens
        && let Some(refresh_token) = &tokens.refresh_token
    {
        let mut steps = Run::default();
        if form.get("action") == Some("revoke") {
            revoke(&app, refresh_token, &mut steps).await;
            keep(&app, signed_in, SessionTokens { refresh_token: None, ..tokens.clone() }).await;
            state = Held::NoRefreshToken;
        } else {
            refresh(&app, signed_in, tokens, refresh_token, &mut steps).await;
        }
        run = Some(steps);
    }
    page::html(&RefreshPage { bar: Bar::new(&visitor, "flows"), state, run })
}

fn held(visitor: &Visitor) -> Held {
    match visitor
        .as_ref()
        .map(|visitor| visitor.session().tokens.as_ref().and_then(|t| t.refresh_token.as_ref()))
    {
        None => Held::NobodySignedIn,
        Some(None) => Held::NoRefreshToken,
        Some(Some(_)) => Held::RefreshToken,
    }
}

async fn refresh(
    app: &App,
    visitor: &LoggedIn<Me>,
    held: &SessionTokens,
    refresh_token: &Secret,
    run: &mut Run,
) {
    let (client, subject) = (&app.clients.web, visitor.session().sub.as_str());
    let step = Step::new("Ask for a new access token", "No person and no browser takes part.");
    let Some(tokens) = run.call(step, client.refresh(refresh_token, &Scope::empty(), Some(subject))).await
    else {
        return;
    };
    let rotated = tokens.refresh_token.as_ref() != Some(refresh_token);
    let id_token =
        tokens.id_token.as_ref().map(|id_token| id_token.raw.clone()).or_else(|| held.id_token.clone());
    let scope = if tokens.scope.is_empty() { held.scope.clone() } else { tokens.scope.clone() };
    let may_read = scope.contains(ITEMS_READ);
    // Kept before it is used: whatever happens next, the session has the token that is valid.
    let kept = SessionTokens {
        access_token: tokens.access_token.clone(),
        expires_at: tokens.expires_at,
        refresh_token: tokens.refresh_token.clone(),
        id_token,
        scope,
    };
    keep(app, visitor, kept).await;
    run.show(&tokens);
    if let Some(step) = run.steps.last_mut() {
        let text = if rotated {
            "was replaced by a new one"
        } else {
            "stays: this client authenticates, so it is not rotated"
        };
        step.checks.push(Checked::passed("refresh token", text));
    }
    let step = Step::new("Ask UserInfo with it", "The answer must be about the person who signed in.");
    run.call(step, client.userinfo(&tokens.access_token, subject)).await;
    let step =
        Step::new("Ask the issuer about it", "Introspection says whether a token is active, and for whom.");
    if let Some(answer) =
        run.call(step, client.introspect(&tokens.access_token, Some(TokenTypeHint::AccessToken))).await
        && let Some(step) = run.steps.last_mut()
    {
        step.checks.push(if answer.active {
            Checked::passed("active", "yes")
        } else {
            Checked::failed("active", "no")
        });
    }
    if may_read {
        run.call_api(&app.clients, &tokens.access_token).await;
    }
}

async fn revoke(app: &App, refresh_token: &Secret, run: &mut Run) {
    let client = &app.clients.web;
    let step =
        Step::new("Revoke the refresh token", "The issuer ends it, and the access tokens that came of it.");
    if run.call(step, client.revoke(refresh_token, Some(TokenTypeHint::RefreshToken))).await.is_none() {
        return;
    }
    let step = Step::new("Try to use it", "It must be refused now.");
    let same = Scope::empty();
    let (outcome, exchanges) = recorded(client.refresh(refresh_token, &same, None)).await;
    let verdict = match outcome {
        Err(Error::OAuth { body, .. }) if body.error == ErrorCode::InvalidGrant => {
            Checked::passed("invalid_grant", "it is of no use any more")
        }
        Ok(_) => Checked::failed("invalid_grant", "it still works"),
        Err(error) => failure(&error),
    };
    run.steps.push(Step { exchanges, checks: vec![verdict], ..step });
}

async fn keep(app: &App, visitor: &LoggedIn<Me>, tokens: SessionTokens) {
    let session = Session { tokens: Some(tokens), ..Session::clone(visitor.session()) };
    if let Err(fault) = app.login.keep(visitor.found(), session).await {
        tracing::error!(error = %fault, "the new tokens could not be kept");
    }
}
