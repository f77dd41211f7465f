//! `/flows/client-credentials` — RFC 6749 §4.4: the app acts for itself, no person takes part.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use hallpass_client::client::Client;
use hallpass_proto::param::Form;
use hallpass_proto::scope::Scope;

use super::App;
use super::page::{self, Bar, Visitor};
use super::run::{Checked, Run, Step};

const SCOPE: &str = "items:read";

#[derive(Template)]
#[template(path = "client_credentials.html")]
struct ClientCredentialsPage {
    bar: Bar,
    scope: String,
    run: Option<Run>,
}

pub(super) async fn show(visitor: Visitor) -> Response {
    page::html(&ClientCredentialsPage {
        bar: Bar::new(&visitor, "flows"),
        scope: SCOPE.to_owned(),
        run: None,
    })
}

pub(super) async fn run(State(app): State<App>, visitor: Visitor, body: Bytes) -> Response {
    let scope =
        Form::parse(&body).ok().and_then(|form| form.get("scope").map(str::to_owned)).unwrap_or_default();
    let mut run = Run::default();
    match scope.parse::<Scope>() {
        Ok(scope) => token_and_call(&app, &app.clients.service, &scope, &mut run).await,
        Err(error) => {
            let mut step = Step::new("Read the scope", "What the form had.");
            step.checks.push(Checked::failed("scope", error.to_string()));
            run.steps.push(step);
        }
    }
    page::html(&ClientCredentialsPage { bar: Bar::new(&visitor, "flows"), scope, run: Some(run) })
}

async fn token_and_call(app: &App, client: &Client, scope: &Scope, run: &mut Run) {
    let step = Step::new("Ask for a token", "The client's own credentials are all that is needed.");
    let Some(tokens) = run.call(step, client.client_credentials(scope)).await else { return };
    run.show(&tokens);
    run.call_api(&app.clients, &tokens.access_token).await;
}
