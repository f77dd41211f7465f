//! `/flows/password` — RFC 6749 §4.3: the person gives the app their password. RFC 9700 §2.4 forbids it to new systems.

use askama::Template;
use axum::body::Bytes;
use axum::extract::State;
use axum::response::Response;
use hallpass_proto::param::Form;
use hallpass_proto::scope::Scope;
use hallpass_proto::secret::Secret;

use super::App;
use super::page::{self, Bar, Visitor};
use super::run::{Run, Step};

const SCOPE: &str = "openid profile email items:read";

#[derive(Template)]
#[template(path = "password.html")]
struct PasswordPage {
    bar: Bar,
    username: String,
    missing: bool,
    run: Option<Run>,
}

pub(super) async fn show(visitor: Visitor) -> Response {
    page::html(&PasswordPage {
        bar: Bar::new(&visitor, "flows"),
        username: String::new(),
        missing: false,
        run: None,
    })
}

pub(super) async fn run(State(app): State<App>, visitor: Visitor, body: Bytes) -> Response {
    let form = Form::parse(&body).and_then(Form::no_duplicates).unwrap_or_default();
    let username = form.get("username").unwrap_or_default().to_owned();
    let bar = Bar::new(&visitor, "flows");
    let Some(password) = form.get("password").map(Secret::from).filter(|_| !username.is_empty()) else {
        return page::html(&PasswordPage { bar, username, missing: true, run: None });
    };
    let mut run = Run::default();
    let scope: Scope = SCOPE.parse().unwrap_or_default();
    let step = Step::new(
        "Send the password to the issuer",
        "It passes through the app: that is what is wrong with this flow.",
    );
    if let Some(tokens) = run.call(step, app.clients.legacy.password(&username, &password, &scope)).await {
        run.show(&tokens);
        run.call_api(&app.clients, &tokens.access_token).await;
    }
    page::html(&PasswordPage { bar, username, missing: false, run: Some(run) })
}
