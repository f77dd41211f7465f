//! The sign-in page in the club's colours. The other pages are those that come with the server.

use hallpass_server::interact::pages::{Pages, SignIn, SignInProblem};

/// The website's stylesheet. Pages of the provider may load it, since it is of the same origin; inline styles they may
/// not have.
pub(crate) const STYLESHEET: &str = "body { font: 1.1rem/1.5 serif; max-width: 24rem; margin: 4rem auto; }\n\
    input, button { display: block; width: 100%; margin-bottom: 1rem; padding: .5rem; font: inherit; }\n";

/// One page of our own.
pub(crate) struct ClubPages;

impl Pages for ClubPages {
    fn sign_in(&self, view: &SignIn<'_>) -> String {
        let problem = match view.problem {
            None => "",
            Some(SignInProblem::WrongCredentials) => "That is not the password of that member.",
            Some(SignInProblem::Throttled { .. }) => "Too many tries. Please wait a little.",
            Some(SignInProblem::ExpiredForm) => "This form was open for too long. Please sign in once more.",
            Some(SignInProblem::OtherUser) => "Please sign in with the account you are signed in with.",
        };
        format!(
            r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>The club</title>
<link rel="stylesheet" href="/club.css">
<h1>Members only</h1>
<p><b>{client}</b> would like to know who you are.</p>
<p role="alert">{problem}</p>
<form id="sign-in" method="post" action="{base}/sign-in">
<input type="hidden" name="request" value="{request}">
<input type="hidden" name="csrf" value="{csrf}">
<label>Email <input name="username" value="{login}" autocomplete="username" required></label>
<label>Password <input name="password" type="password" autocomplete="current-password" required></label>
<button>Sign in</button>
<button name="action" value="cancel" formnovalidate>Not now</button>
</form>
</html>
"#,
            client = escape(view.client.name),
            base = view.layout.base,
            request = escape(view.request),
            csrf = escape(view.csrf),
            login = escape(view.login),
        )
    }
}

/// Views are plain text: whatever goes into HTML is escaped here.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
