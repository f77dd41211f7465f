//! One of each page, with every optional part on it.

use hallpass_proto::authorize::Display;
use hallpass_server::interact::{default_pages::DefaultPages, pages::*};

/// The pages with `extra` at the end of every value that comes from outside.
pub(crate) fn pages(extra: &str) -> Vec<(&'static str, String)> {
    let world = World::new(extra);
    vec![
        ("sign-in", world.sign_in(Some(SignInProblem::WrongCredentials))),
        ("consent", world.consent()),
        ("select-account", world.select_account()),
        ("device", world.device(Some(DeviceProblem::UnknownCode))),
        ("device-confirm", world.device_confirm()),
        ("device-done", world.device_done(DeviceAnswer::Allowed)),
        ("sign-out", world.sign_out()),
        ("signing-out", world.signing_out()),
        ("signed-out", world.signed_out()),
        ("error", world.error()),
        ("home", world.home()),
        ("form-post", world.form_post()),
    ]
}

/// Where all the values of the views live.
pub(crate) struct World {
    extra: String,
    values: std::cell::RefCell<Vec<&'static str>>,
}

impl World {
    pub(crate) fn new(extra: &str) -> Self {
        Self { extra: extra.to_owned(), values: std::cell::RefCell::default() }
    }

    /// Every value put on a page so far.
    pub(crate) fn values(&self) -> Vec<&'static str> {
        self.values.borrow().clone()
    }

    fn put(&self, value: &str) -> &'static str {
        let value: &'static str = format!("{value}{}", self.extra).leak();
        self.values.borrow_mut().push(value);
        value
    }

    pub(crate) fn layout(&self) -> Layout<'static> {
        Layout {
            base: "/op",
            issuer_host: self.put("login.example.com"),
            lang: "en",
            display: Display::Page,
            ui_locales: &[],
        }
    }

    pub(crate) fn client(&self) -> ClientView<'static> {
        ClientView {
            name: self.put("Field trips"),
            client_id: "trips",
            redirect_host: self.put("trips.example.org:8443"),
            logo_uri: Some(self.put("https://trips.example.org/logo.png")),
            policy_uri: Some(self.put("https://trips.example.org/privacy")),
            tos_uri: Some(self.put("http://trips.example.org/terms")),
            client_uri: Some(self.put("https://trips.example.org/")),
        }
    }

    pub(crate) fn sign_in(&self, problem: Option<SignInProblem>) -> String {
        DefaultPages.sign_in(&SignIn {
            layout: self.layout(),
            client: self.client(),
            request: self.put("sealed"),
            csrf: self.put("token"),
            login: self.put("ada@example.com"),
            problem,
            reason: SignInReason::Normal,
            can_cancel: true,
            sign_up: false,
        })
    }

    pub(crate) fn consent(&self) -> String {
        let scope = |name, title, detail| ScopeView {
            name: self.put(name),
            title: self.put(title),
            detail: self.put(detail),
        };
        DefaultPages.consent(&Consent {
            layout: self.layout(),
            client: self.client(),
            user_name: self.put("Ada Lovelace"),
            user_login: self.put("ada@example.com"),
            scopes: vec![
                scope("email", "See your email address", "And whether it is verified."),
                scope("trips:read", "Read your trips", "All of them."),
            ],
            claims: vec![scope("birthdate", "See your date of birth", "")],
            offline: OfflineAccess::Asked,
            request: self.put("sealed"),
            csrf: self.put("token"),
        })
    }

    pub(crate) fn select_account(&self) -> String {
        DefaultPages.select_account(&SelectAccount {
            layout: self.layout(),
            client: self.client(),
            user_name: self.put("Ada Lovelace"),
            user_login: self.put("ada@example.com"),
            request: self.put("sealed"),
            csrf: self.put("token"),
        })
    }

    pub(crate) fn device(&self, problem: Option<DeviceProblem>) -> String {
        DefaultPages.device(&Device {
            layout: self.layout(),
            csrf: self.put("token"),
            user_code: self.put("WDJB-MJHT"),
            problem,
        })
    }

    pub(crate) fn device_confirm(&self) -> String {
        DefaultPages.device_confirm(&DeviceConfirm {
            layout: self.layout(),
            client: ClientView {
                name: self.put("Field trips"),
                client_id: "trips",
                redirect_host: "",
                logo_uri: Some(self.put("https://trips.example.org/logo.png")),
                policy_uri: Some(self.put("https://trips.example.org/privacy")),
                tos_uri: None,
                client_uri: None,
            },
            user_name: self.put("Ada Lovelace"),
            user_login: self.put("ada@example.com"),
            user_code: self.put("WDJB-MJHT"),
            asked_from: Some(self.put("203.0.113.9")),
            scopes: vec![ScopeView {
                name: self.put("trips:read"),
                title: self.put("Read your trips"),
                detail: self.put("All of them."),
            }],
            offline: OfflineAccess::Asked,
            request: self.put("sealed"),
            csrf: self.put("token"),
        })
    }

    pub(crate) fn device_done(&self, answer: DeviceAnswer) -> String {
        DefaultPages.device_done(&DeviceDone { layout: self.layout(), answer })
    }

    pub(crate) fn sign_out(&self) -> String {
        let client = ClientView {
            name: self.put("Field trips"),
            client_id: "trips",
            redirect_host: "trips.example.org",
            logo_uri: None,
            policy_uri: None,
            tos_uri: None,
            client_uri: None,
        };
        DefaultPages.sign_out(&SignOut {
            layout: self.layout(),
            client: Some(client),
            user_name: self.put("Ada Lovelace"),
            user_login: self.put("ada@example.com"),
            csrf: self.put("token"),
            request: self.put("sealed"),
        })
    }

    pub(crate) fn signing_out(&self) -> String {
        let frames =
            vec![self.put("https://trips.example.org/bye?sid=1"), self.put("http://localhost:8000/bye")];
        let next = self.put("https://trips.example.org/goodbye");
        DefaultPages.signing_out(&SigningOut { layout: self.layout(), frames, next })
    }

    pub(crate) fn signed_out(&self) -> String {
        let link = (self.put("Field trips"), self.put("https://trips.example.org/"));
        DefaultPages.signed_out(&SignedOut { layout: self.layout(), client_link: Some(link) })
    }

    pub(crate) fn error(&self) -> String {
        DefaultPages.error(&ErrorPage {
            layout: self.layout(),
            title: self.put("This request cannot be answered"),
            message: self.put("The redirect URI is not registered."),
            code: self.put("invalid_request"),
            details: vec![(self.put("Application"), self.put("trips"))],
            hint: self.put("Go back and start again."),
            trace_id: Some(self.put("4bf92f3577b34da6")),
            retry_uri: Some(self.put("/op/")),
        })
    }

    pub(crate) fn home(&self) -> String {
        DefaultPages.home(&Home {
            layout: self.layout(),
            signed_in: Some((self.put("Ada Lovelace"), self.put("ada@example.com"))),
            csrf: self.put("token"),
            applications: vec![ApplicationView {
                name: self.put("Field trips"),
                client_id: self.put("trips"),
                scopes: vec![self.put("Read your trips")],
                since: self.put("3 March 2026"),
            }],
        })
    }

    pub(crate) fn form_post(&self) -> String {
        let fields =
            vec![("code", self.put("SplxlOBeZQQYbYS6WxSbIA")), (self.put("state"), self.put("af0ifjsldkj"))];
        let action = self.put("https://trips.example.org/callback");
        DefaultPages.form_post(&FormPost { layout: self.layout(), action, fields })
    }
}
