//! The login engine's pages in the look of the app.

use askama::Template;
use hallpass_client::login::{LoginPages, Problem, SignOut};

use super::page::Bar;

pub(super) struct AppPages;

#[derive(Template)]
#[template(path = "problem.html")]
struct ProblemPage<'a> {
    bar: Bar,
    title: &'a str,
    message: &'a str,
    code: Option<&'a str>,
    retry: Option<&'a str>,
    home: &'a str,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    bar: Bar,
    action: &'a str,
    home: &'a str,
}

/// These pages do not know who looks at them: a sign-out that asks is no place for a link to sign in.
const NOBODY: Bar = Bar { user: None, at: "" };

impl LoginPages for AppPages {
    fn problem(&self, view: &Problem<'_>) -> String {
        let Problem { title, message, code, retry, home } = *view;
        written(&ProblemPage { bar: NOBODY, title, message, code, retry: Some(retry), home })
    }

    fn sign_out(&self, view: &SignOut<'_>) -> String {
        written(&SignOutPage { bar: NOBODY, action: view.action, home: view.home })
    }
}

/// A page that says what went wrong, with the way back.
pub(super) fn problem(title: &str, message: &str) -> String {
    written(&ProblemPage { bar: NOBODY, title, message, code: None, retry: None, home: "/" })
}

/// Writing into a String does not fail, and that is all that these templates do.
fn written(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}
