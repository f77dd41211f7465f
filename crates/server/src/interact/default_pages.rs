//! The pages as Hallpass ships them: the templates in `ui/pages`, checked when the program is compiled.

use askama::Template;

use super::pages::{
    ClientView, Consent, Device, DeviceAnswer, DeviceConfirm, DeviceDone, DeviceProblem, ErrorPage, FormPost,
    Home, Layout, OfflineAccess, Pages, SelectAccount, SignIn, SignInProblem, SignInReason, SignOut, SignUp,
    SignUpProblem, SignedOut, SigningOut,
};

/// The one stylesheet, served at `{base}/static/hallpass.css` as `text/css`. Its opening comment lists the classes.
pub const STYLESHEET: &str = include_str!("../../ui/static/hallpass.css");

/// The one script, to be allowed by its hash on the form-post page alone. It takes `submit` from the prototype
/// because a response parameter of that name would hide the form's own.
pub const FORM_POST_SCRIPT: &str = "HTMLFormElement.prototype.submit.call(document.forms[0])";

/// The script of the page that loads frames at a sign-out, to be allowed by its hash there alone. It goes on when all of
/// them are loaded, and in any case after three seconds.
pub const SIGNING_OUT_SCRIPT: &str = "function go(){location.replace(document.getElementById(\"continue\").href)}\
    addEventListener(\"load\",go);setTimeout(go,3000)";

/// The pages of `ui/pages`.
#[derive(Debug, Clone, Copy, Default)]
pub struct DefaultPages;

impl Pages for DefaultPages {
    fn sign_in(&self, view: &SignIn<'_>) -> String {
        html(&SignInPage {
            layout: view.layout,
            client: Asker::new(&view.client),
            problem: view.problem.map(problem_text).unwrap_or_default(),
            wrong: view.problem == Some(SignInProblem::WrongCredentials),
            again: view.reason == SignInReason::Reauthenticate,
            view,
        })
    }

    fn sign_up(&self, view: &SignUp<'_>) -> String {
        html(&SignUpPage {
            layout: view.layout,
            client: Asker::new(&view.client),
            problem: view.problem.map(sign_up_problem).unwrap_or_default(),
            login_wrong: matches!(view.problem, Some(SignUpProblem::Login | SignUpProblem::Taken)),
            password_wrong: view.problem == Some(SignUpProblem::Password),
            view,
        })
    }

    fn consent(&self, view: &Consent<'_>) -> String {
        html(&ConsentPage {
            layout: view.layout,
            client: Asker::new(&view.client),
            user_initial: initial(view.user_name),
            offline: view.offline == OfflineAccess::Asked,
            view,
        })
    }

    fn select_account(&self, view: &SelectAccount<'_>) -> String {
        html(&SelectAccountPage {
            layout: view.layout,
            client: Asker::new(&view.client),
            user_initial: initial(view.user_name),
            view,
        })
    }

    fn device(&self, view: &Device<'_>) -> String {
        html(&DevicePage {
            layout: view.layout,
            problem: view.problem.map(device_problem_text).unwrap_or_default(),
            wrong: view.problem == Some(DeviceProblem::UnknownCode),
            view,
        })
    }

    fn device_confirm(&self, view: &DeviceConfirm<'_>) -> String {
        html(&DeviceConfirmPage {
            layout: view.layout,
            client: Asker::new(&view.client),
            user_initial: initial(view.user_name),
            offline: view.offline == OfflineAccess::Asked,
            view,
        })
    }

    fn device_done(&self, view: &DeviceDone<'_>) -> String {
        html(&DeviceDonePage { layout: view.layout, allowed: view.answer == DeviceAnswer::Allowed })
    }

    fn sign_out(&self, view: &SignOut<'_>) -> String {
        html(&SignOutPage { layout: view.layout, user_initial: initial(view.user_name), view })
    }

    fn signing_out(&self, view: &SigningOut<'_>) -> String {
        let next = Some(view.next).filter(|uri| is_web(uri) || is_app(uri));
        let frames = view.frames.iter().copied().filter(|uri| is_web(uri)).collect();
        html(&SigningOutPage { layout: view.layout, frames, next, script: SIGNING_OUT_SCRIPT })
    }

    fn signed_out(&self, view: &SignedOut<'_>) -> String {
        let back = view.client_link.filter(|(_, uri)| is_web(uri));
        html(&SignedOutPage { layout: view.layout, back })
    }

    fn error(&self, view: &ErrorPage<'_>) -> String {
        let retry = view.retry_uri.filter(|uri| is_web(uri) || is_path(uri));
        html(&ErrorTemplate { layout: view.layout, retry, view })
    }

    fn home(&self, view: &Home<'_>) -> String {
        let user_initial = initial(view.signed_in.map_or("", |(name, _)| name));
        html(&HomePage { layout: view.layout, user_initial, view })
    }

    fn form_post(&self, view: &FormPost<'_>) -> String {
        html(&FormPostPage {
            layout: view.layout,
            sendable: is_web(view.action),
            script: FORM_POST_SCRIPT,
            view,
        })
    }
}

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignInPage<'a> {
    layout: Layout<'a>,
    client: Asker<'a>,
    problem: String,
    wrong: bool,
    again: bool,
    view: &'a SignIn<'a>,
}

#[derive(Template)]
#[template(path = "sign_up.html")]
struct SignUpPage<'a> {
    layout: Layout<'a>,
    client: Asker<'a>,
    problem: &'static str,
    login_wrong: bool,
    password_wrong: bool,
    view: &'a SignUp<'a>,
}

#[derive(Template)]
#[template(path = "consent.html")]
struct ConsentPage<'a> {
    layout: Layout<'a>,
    client: Asker<'a>,
    user_initial: String,
    offline: bool,
    view: &'a Consent<'a>,
}

#[derive(Template)]
#[template(path = "select_account.html")]
struct SelectAccountPage<'a> {
    layout: Layout<'a>,
    client: Asker<'a>,
    user_initial: String,
    view: &'a SelectAccount<'a>,
}

#[derive(Template)]
#[template(path = "device.html")]
struct DevicePage<'a> {
    layout: Layout<'a>,
    problem: String,
    wrong: bool,
    view: &'a Device<'a>,
}

#[derive(Template)]
#[template(path = "device_confirm.html")]
struct DeviceConfirmPage<'a> {
    layout: Layout<'a>,
    client: Asker<'a>,
    user_initial: String,
    offline: bool,
    view: &'a DeviceConfirm<'a>,
}

#[derive(Template)]
#[template(path = "device_done.html")]
struct DeviceDonePage<'a> {
    layout: Layout<'a>,
    allowed: bool,
}

#[derive(Template)]
#[template(path = "sign_out.html")]
struct SignOutPage<'a> {
    layout: Layout<'a>,
    user_initial: String,
    view: &'a SignOut<'a>,
}

#[derive(Template)]
#[template(path = "signing_out.html")]
struct SigningOutPage<'a> {
    layout: Layout<'a>,
    frames: Vec<&'a str>,
    next: Option<&'a str>,
    script: &'static str,
}

#[derive(Template)]
#[template(path = "signed_out.html")]
struct SignedOutPage<'a> {
    layout: Layout<'a>,
    back: Option<(&'a str, &'a str)>,
}

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorTemplate<'a> {
    layout: Layout<'a>,
    retry: Option<&'a str>,
    view: &'a ErrorPage<'a>,
}

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    layout: Layout<'a>,
    user_initial: String,
    view: &'a Home<'a>,
}

#[derive(Template)]
#[template(path = "form_post.html")]
struct FormPostPage<'a> {
    layout: Layout<'a>,
    sendable: bool,
    script: &'static str,
    view: &'a FormPost<'a>,
}

/// The client as the head of a page shows it; only addresses that are safe to follow or load are left.
struct Asker<'a> {
    name: &'a str,
    host: &'a str,
    initial: String,
    logo: Option<&'a str>,
    links: Vec<(&'static str, &'a str)>,
}

impl<'a> Asker<'a> {
    fn new(client: &ClientView<'a>) -> Self {
        let links = [
            ("Home page", client.client_uri),
            ("Privacy policy", client.policy_uri),
            ("Terms of service", client.tos_uri),
        ];
        Self {
            name: client.name,
            host: client.redirect_host,
            initial: initial(client.name),
            logo: client.logo_uri.filter(|uri| has_scheme(uri, "https://")),
            links: links
                .into_iter()
                .filter_map(|(text, uri)| uri.filter(|uri| is_web(uri)).map(|uri| (text, uri)))
                .collect(),
        }
    }
}

/// Stands for a logo or a portrait: the first letter or digit, in capitals.
fn initial(name: &str) -> String {
    name.chars().find(|c| c.is_alphanumeric()).map_or_else(|| "?".into(), |c| c.to_uppercase().collect())
}

fn problem_text(problem: SignInProblem) -> String {
    match problem {
        SignInProblem::WrongCredentials => {
            "That user name and password do not match. Please try again.".into()
        }
        SignInProblem::Throttled { retry_after_secs } => {
            format!("Too many attempts. Please try again in {}.", span(retry_after_secs))
        }
        SignInProblem::ExpiredForm => "This form was open for too long. Please sign in once more.".into(),
        SignInProblem::OtherUser => {
            "Those are the credentials of another account. Please use the one you are signed in with.".into()
        }
    }
}

fn device_problem_text(problem: DeviceProblem) -> String {
    match problem {
        DeviceProblem::UnknownCode => {
            "No device waits under this code. Compare it with the device; if it is right, let the device show a new one."
                .into()
        }
        DeviceProblem::Throttled { retry_after_secs } => {
            format!("Too many wrong codes. Please try again in {}.", span(retry_after_secs))
        }
        DeviceProblem::ExpiredForm => "This form was open for too long. Please send the code once more.".into(),
    }
}

fn sign_up_problem(problem: SignUpProblem) -> &'static str {
    match problem {
        SignUpProblem::Name => "Please give a shorter name.",
        SignUpProblem::Login => "Please choose a user name, or give your email address.",
        SignUpProblem::Taken => "There is an account with this user name. Please choose another, or sign in.",
        SignUpProblem::Password => {
            "Please choose a password of at least 8 characters that is not your user name."
        }
        SignUpProblem::Busy => "Too many people are signing up at once. Please try again in a moment.",
        SignUpProblem::OtherUser => {
            "Your account is there, but this is for somebody else. Please sign in as them."
        }
        SignUpProblem::ExpiredForm => "This form was open for too long. Please try once more.",
    }
}

/// A waiting time, rounded up so that nobody comes back too early.
fn span(secs: u64) -> String {
    match secs {
        0 | 1 => "a second".into(),
        2..=60 => format!("{secs} seconds"),
        61..=3600 => format!("{} minutes", secs.div_ceil(60)),
        _ => format!("{} hours", secs.div_ceil(3600)),
    }
}

/// A `javascript:` or `data:` address would run in this page's name.
fn is_web(uri: &str) -> bool {
    has_scheme(uri, "https://") || has_scheme(uri, "http://")
}

/// RFC 8252 §7.1: the scheme of an app "based on a domain name": no scheme with a dot in it runs or loads anything.
fn is_app(uri: &str) -> bool {
    let scheme = uri.split_once(':').map_or("", |(scheme, _)| scheme);
    scheme.contains('.')
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'+'))
}

fn has_scheme(uri: &str, scheme: &str) -> bool {
    uri.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme))
}

/// A path on this host: browsers read `//x` and `/\x` as another host.
fn is_path(uri: &str) -> bool {
    uri.starts_with('/') && !uri.starts_with("//") && !uri.starts_with("/\\")
}

/// Writing into a `String` does not fail, and that is all a template does.
fn html(page: &impl Template) -> String {
    page.render().unwrap_or_default()
}
