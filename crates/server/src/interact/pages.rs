//! What a person is shown — OpenID Connect Core §3.1.2.3 and §3.1.2.4, RFC 6749 §10.2 and §10.13.
//!
//! The server decides what is on a page and which form fields come back; [`Pages`] turns that into HTML.
//! The views are plain data. They are not escaped: whoever renders them does that, and links to the addresses
//! that a client registered only when they begin with `http://` or `https://`.

use hallpass_proto::authorize::Display;

use super::default_pages::DefaultPages;

/// Turns each view into a whole HTML document.
///
/// Pages run under `default-src 'none'; style-src 'self'; img-src 'self' data: https:`: no inline style, and no
/// script but the ones of [`form_post`](Pages::form_post) and [`signing_out`](Pages::signing_out).
///
/// A page that is left out is the one of [`DefaultPages`]. A whole set of one's own is not needed to change one:
///
/// ```
/// use hallpass_server::interact::pages::{Pages, SignedOut};
///
/// struct OwnGoodbye;
///
/// impl Pages for OwnGoodbye {
///     fn signed_out(&self, view: &SignedOut<'_>) -> String {
///         let lang = view.layout.lang;
///         format!("<!doctype html><html lang=\"{lang}\"><title>Goodbye</title><h1>See you soon</h1></html>")
///     }
/// }
/// ```
pub trait Pages: Send + Sync {
    /// The languages that the pages are written in, BCP 47 tags, the one for everybody else first. The metadata says so
    /// (`ui_locales_supported`), and [`Layout::lang`] is always one of them.
    fn locales(&self) -> &[&str] {
        &["en"]
    }
    /// `{base}/sign-in`: user name and password. Posts `request`, `csrf`, `username`, `password` to itself, or
    /// `action=cancel`.
    fn sign_in(&self, view: &SignIn<'_>) -> String {
        DefaultPages.sign_in(view)
    }
    /// `{base}/sign-up`: makes an account. Posts `request`, `csrf`, `name`, `username`, `password` to itself, or
    /// `action=cancel`; has a link to `{base}/sign-in?request=` and the request.
    fn sign_up(&self, view: &SignUp<'_>) -> String {
        DefaultPages.sign_up(view)
    }
    /// `{base}/consent`: what the client asks for. Posts `request`, `csrf`, and `action` = `allow`, `deny` or `switch`.
    fn consent(&self, view: &Consent<'_>) -> String {
        DefaultPages.consent(view)
    }
    /// `{base}/select-account`: posts `request`, `csrf`, and `action` = `continue` or `another`.
    fn select_account(&self, view: &SelectAccount<'_>) -> String {
        DefaultPages.select_account(view)
    }
    /// `{base}/device`: the code that a device shows. Posts `csrf` and `user_code` to itself.
    fn device(&self, view: &Device<'_>) -> String {
        DefaultPages.device(view)
    }
    /// `{base}/device/confirm`: whether a device may have what it asks for. Posts `request`, `csrf`, and `action` =
    /// `allow`, `deny` or `switch`. Must show the code, the client and where it asks from (RFC 8628 §5.4).
    fn device_confirm(&self, view: &DeviceConfirm<'_>) -> String {
        DefaultPages.device_confirm(view)
    }
    /// `{base}/device/done`: what a device was told.
    fn device_done(&self, view: &DeviceDone<'_>) -> String {
        DefaultPages.device_done(view)
    }
    /// `{base}/sign-out`: posts `request`, `csrf`, and `action` = `sign-out` or `stay`.
    fn sign_out(&self, view: &SignOut<'_>) -> String {
        DefaultPages.sign_out(view)
    }
    /// `{base}/signing-out`: the person is signed out here, and the browser tells applications — OpenID Connect
    /// Front-Channel Logout §2. Loads each of `frames` in a frame of its own, and has a link with `id="continue"` to
    /// `next`. Its script is [`SIGNING_OUT_SCRIPT`](super::default_pages::SIGNING_OUT_SCRIPT) and nothing else.
    fn signing_out(&self, view: &SigningOut<'_>) -> String {
        DefaultPages.signing_out(view)
    }
    /// What follows a sign-out that goes back to no application.
    fn signed_out(&self, view: &SignedOut<'_>) -> String {
        DefaultPages.signed_out(view)
    }
    /// A refusal that is not sent to the client's redirect URI.
    fn error(&self, view: &ErrorPage<'_>) -> String {
        DefaultPages.error(view)
    }
    /// `{base}/`: who is signed in and which applications have access. Posts `csrf` and `action=sign-out` to
    /// `{base}/sign-out`, and `csrf` and `client_id` to `{base}/applications/revoke`.
    fn home(&self, view: &Home<'_>) -> String {
        DefaultPages.home(view)
    }
    /// An authorization response as a form that submits itself, OAuth 2.0 Form Post Response Mode. Its script is
    /// [`FORM_POST_SCRIPT`](super::default_pages::FORM_POST_SCRIPT) and nothing else, since the policy names its hash.
    fn form_post(&self, view: &FormPost<'_>) -> String {
        DefaultPages.form_post(view)
    }
}

/// What every page needs to know.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// Path prefix of every URL of ours: empty, or like `/op`.
    pub base: &'a str,
    /// Host, and port when there is one, of the issuer: `login.example.com`.
    pub issuer_host: &'a str,
    /// The language of the texts, a BCP 47 tag: the one of [`Pages::locales`] that suits the person best.
    pub lang: &'a str,
    /// What the page is shown in, as the client sees it (`display`).
    pub display: Display,
    /// The languages that the client asked for, the most wanted first (`ui_locales`): BCP 47 tags.
    pub ui_locales: &'a [String],
}

/// The application that a person is asked about. Its name and addresses are its own words, never checked facts,
/// which is why `redirect_host` must be shown beside them.
#[derive(Debug, Clone, Copy)]
pub struct ClientView<'a> {
    /// `client_name`, or the `client_id` where none is registered.
    pub name: &'a str,
    /// `client_id`.
    pub client_id: &'a str,
    /// Where the answer goes: host, and port when there is one, of the redirect URI. Empty where it goes to a device.
    pub redirect_host: &'a str,
    /// `logo_uri`.
    pub logo_uri: Option<&'a str>,
    /// `policy_uri`.
    pub policy_uri: Option<&'a str>,
    /// `tos_uri`.
    pub tos_uri: Option<&'a str>,
    /// `client_uri`, the application's home page.
    pub client_uri: Option<&'a str>,
}

/// The sign-in form.
#[derive(Debug, Clone, Copy)]
pub struct SignIn<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// Who asks for the sign-in.
    pub client: ClientView<'a>,
    /// The authorization request in progress, sealed.
    pub request: &'a str,
    /// Guards the form against cross-site requests.
    pub csrf: &'a str,
    /// What stands in the user name field: `login_hint`, or what was typed before.
    pub login: &'a str,
    /// Why the form is shown once more.
    pub problem: Option<SignInProblem>,
    /// Why the form is shown at all.
    pub reason: SignInReason,
    /// Whether there is a way back to the client without signing in.
    pub can_cancel: bool,
    /// Whether people may make an account, at `{base}/sign-up?request=` and the request.
    pub sign_up: bool,
}

/// The form that makes an account.
#[derive(Debug, Clone, Copy)]
pub struct SignUp<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// Who asks for the person.
    pub client: ClientView<'a>,
    /// The authorization request in progress, sealed.
    pub request: &'a str,
    /// Guards the form against cross-site requests.
    pub csrf: &'a str,
    /// What stands in the name field.
    pub name: &'a str,
    /// What stands in the user name field.
    pub login: &'a str,
    /// Why the form is shown once more.
    pub problem: Option<SignUpProblem>,
}

/// Why no account was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignUpProblem {
    /// The name has more than 200 characters, or control characters.
    Name,
    /// There is no user name, or one that is too long or has control characters.
    Login,
    /// Somebody has this user name.
    Taken,
    /// The password has less than 8 characters, or more than 1024, or is the user name.
    Password,
    /// Too many at once.
    Busy,
    /// The form is too old, or was not ours.
    ExpiredForm,
    /// The account was made, but the request is for somebody else, who has one.
    OtherUser,
}

/// What went wrong with the last try to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInProblem {
    /// No such user, or not that password: a person is never told which.
    WrongCredentials,
    /// Too many tries.
    Throttled {
        /// When the next try is let in.
        retry_after_secs: u64,
    },
    /// The form is too old, or was not ours.
    ExpiredForm,
    /// The credentials are right, but of another person than the one who has to confirm who they are.
    OtherUser,
}

/// Why a person has to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignInReason {
    /// Nobody is signed in.
    Normal,
    /// Somebody is, but `prompt=login` or `max_age` asks for it again.
    Reauthenticate,
}

/// The question whether a client may have what it asks for.
#[derive(Debug, Clone)]
pub struct Consent<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// Who asks.
    pub client: ClientView<'a>,
    /// The name of the person who is signed in.
    pub user_name: &'a str,
    /// What that person signs in with.
    pub user_login: &'a str,
    /// What is asked for, without `openid` and `offline_access`.
    pub scopes: Vec<ScopeView<'a>>,
    /// The claims that are asked for by name beside those of the scopes, each by the claim and what it lets the
    /// application do.
    pub claims: Vec<ScopeView<'a>>,
    /// Whether it is asked for beyond this visit.
    pub offline: OfflineAccess,
    /// The authorization request in progress, sealed.
    pub request: &'a str,
    /// Guards the form against cross-site requests.
    pub csrf: &'a str,
}

/// One scope in human words.
#[derive(Debug, Clone, Copy)]
pub struct ScopeView<'a> {
    /// The scope value: `email`.
    pub name: &'a str,
    /// What it lets the application do, from a verb on: `See your email address`.
    pub title: &'a str,
    /// One more sentence; may be empty.
    pub detail: &'a str,
}

/// Whether a client asks for access while the person is away: the `offline_access` scope, OpenID Connect Core §11.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfflineAccess {
    /// It does not.
    NotAsked,
    /// It does.
    Asked,
}

/// The question which account to go on with: `prompt=select_account`.
#[derive(Debug, Clone, Copy)]
pub struct SelectAccount<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// Who asks.
    pub client: ClientView<'a>,
    /// The name of the person who is signed in.
    pub user_name: &'a str,
    /// What that person signs in with.
    pub user_login: &'a str,
    /// The authorization request in progress, sealed.
    pub request: &'a str,
    /// Guards the form against cross-site requests.
    pub csrf: &'a str,
}

/// The form for the code that a device shows — RFC 8628 §3.3.
#[derive(Debug, Clone, Copy)]
pub struct Device<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// Guards the form against cross-site requests.
    pub csrf: &'a str,
    /// What stands in the field: the code of `verification_uri_complete`, or what was typed before; may be empty.
    pub user_code: &'a str,
    /// Why the form is shown once more.
    pub problem: Option<DeviceProblem>,
}

/// What went wrong with the last code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceProblem {
    /// No device waits under it, or none any more.
    UnknownCode,
    /// Too many wrong codes.
    Throttled {
        /// When the next one is let in.
        retry_after_secs: u64,
    },
    /// The form is too old, or was not ours.
    ExpiredForm,
}

/// The question whether a device may have what it asks for.
#[derive(Debug, Clone)]
pub struct DeviceConfirm<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// What runs on the device.
    pub client: ClientView<'a>,
    /// The name of the person who is signed in.
    pub user_name: &'a str,
    /// What that person signs in with.
    pub user_login: &'a str,
    /// The code, as the device shows it.
    pub user_code: &'a str,
    /// The address that the device asked from, when it is known.
    pub asked_from: Option<&'a str>,
    /// What is asked for, without `openid` and `offline_access`.
    pub scopes: Vec<ScopeView<'a>>,
    /// Whether the device stays connected.
    pub offline: OfflineAccess,
    /// The request in progress, sealed.
    pub request: &'a str,
    /// Guards the form against cross-site requests.
    pub csrf: &'a str,
}

/// After the answer to a device.
#[derive(Debug, Clone, Copy)]
pub struct DeviceDone<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// What was answered.
    pub answer: DeviceAnswer,
}

/// What a person has answered a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeviceAnswer {
    /// Yes.
    Allowed,
    /// No.
    Denied,
}

/// The question whether to sign out — OpenID Connect RP-Initiated Logout §2.
#[derive(Debug, Clone, Copy)]
pub struct SignOut<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// The application that asks for it, when it is known.
    pub client: Option<ClientView<'a>>,
    /// The name of the person who is signed in.
    pub user_name: &'a str,
    /// What that person signs in with.
    pub user_login: &'a str,
    /// Guards the form against cross-site requests.
    pub csrf: &'a str,
    /// The logout request in progress, sealed; may be empty.
    pub request: &'a str,
}

/// A sign-out on its way over the applications.
#[derive(Debug, Clone)]
pub struct SigningOut<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// What applications have registered to be loaded.
    pub frames: Vec<&'a str>,
    /// Where the browser goes then: a URL of ours, or one that is registered.
    pub next: &'a str,
}

/// After a sign-out.
#[derive(Debug, Clone, Copy)]
pub struct SignedOut<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// Name and address of an application to go back to.
    pub client_link: Option<(&'a str, &'a str)>,
}

/// A refusal told to the person, since it cannot be told to the client.
#[derive(Debug, Clone)]
pub struct ErrorPage<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// The heading: what happened, in a few stable words.
    pub title: &'a str,
    /// What is wrong, in one or two sentences.
    pub message: &'a str,
    /// The error code of the protocol: `invalid_request`.
    pub code: &'a str,
    /// Facts for whoever mends it: labels and values.
    pub details: Vec<(&'a str, &'a str)>,
    /// What the person can do; may be empty.
    pub hint: &'a str,
    /// Finds the request in the log.
    pub trace_id: Option<&'a str>,
    /// Where to start again: a path of ours, or an `http` or `https` URL.
    pub retry_uri: Option<&'a str>,
}

/// The issuer's own front page.
#[derive(Debug, Clone)]
pub struct Home<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// Name and login of the person who is signed in.
    pub signed_in: Option<(&'a str, &'a str)>,
    /// Guards the forms against cross-site requests.
    pub csrf: &'a str,
    /// The applications that this person has let in.
    pub applications: Vec<ApplicationView<'a>>,
}

/// An application with access.
#[derive(Debug, Clone)]
pub struct ApplicationView<'a> {
    /// `client_name`, or the `client_id` where none is registered.
    pub name: &'a str,
    /// `client_id`.
    pub client_id: &'a str,
    /// What it may do, in human words, as in [`ScopeView::title`].
    pub scopes: Vec<&'a str>,
    /// Since when, ready to show: `3 March 2026`.
    pub since: &'a str,
}

/// An authorization response on its way to the client by form.
#[derive(Debug, Clone)]
pub struct FormPost<'a> {
    /// See [`Layout`].
    pub layout: Layout<'a>,
    /// The redirect URI, an `http` or `https` URL. It must be a registered one, compared exactly.
    pub action: &'a str,
    /// The parameters of the response.
    pub fields: Vec<(&'a str, &'a str)>,
}
