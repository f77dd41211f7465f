//! The forms, field by field: what the server, password managers, test suites and people's scripts rely on.

use hallpass_server::interact::{default_pages::DefaultPages, pages::*};

use crate::tags::{Tag, tags};
use crate::world::World;

/// Form, hidden fields and buttons: `#id action`, `name`, `#id name=value Text`.
fn summary(html: &str) -> Vec<String> {
    let tags = tags(html);
    let part = |tag: &Tag| match tag.name.as_str() {
        "form" => Some(format!("#{} {}", tag.get("id").unwrap_or_default(), tag.get("action")?)),
        "input" => Some(tag.get("name")?.to_owned()),
        "button" => {
            let id = tag.get("id").unwrap_or_default();
            let sends =
                tag.get("name").map(|name| format!("{name}={} ", tag.get("value").unwrap_or_default()));
            Some(format!("#{id} {}{}", sends.unwrap_or_default(), tag.text))
        }
        _ => None,
    };
    assert!(tags.iter().filter(|tag| tag.name == "form").all(|form| form.get("method") == Some("post")));
    tags.iter().filter_map(part).collect()
}

fn by_id(html: &str, id: &str) -> Tag {
    tags(html).into_iter().find(|tag| tag.get("id") == Some(id)).unwrap_or_else(|| panic!("no #{id}"))
}

#[test]
fn sign_in() {
    let html = World::new("").sign_in(None);
    assert_eq!(
        summary(&html),
        [
            "#sign-in /op/sign-in",
            "request",
            "csrf",
            "username",
            "password",
            "#sign-in-submit Sign in",
            "#cancel action=cancel Cancel",
        ]
    );
    let (username, password) = (by_id(&html, "username"), by_id(&html, "password"));
    assert_eq!(username.get("autocomplete"), Some("username"));
    assert_eq!(username.get("value"), Some("ada@example.com"));
    assert_eq!(password.get("autocomplete"), Some("current-password"));
    assert_eq!((password.get("type"), password.get("value")), (Some("password"), None));
    assert!(password.get("autofocus").is_some(), "the name is there already");
    assert!(by_id(&html, "cancel").get("formnovalidate").is_some(), "cancelling needs no password");
    assert!(!html.contains("role=\"alert\""));
}

#[test]
fn a_problem_at_sign_in_is_announced_and_tied_to_the_fields() {
    let texts = [
        (SignInProblem::WrongCredentials, "do not match"),
        (SignInProblem::Throttled { retry_after_secs: 1 }, "try again in a second."),
        (SignInProblem::Throttled { retry_after_secs: 30 }, "try again in 30 seconds."),
        (SignInProblem::Throttled { retry_after_secs: 61 }, "try again in 2 minutes."),
        (SignInProblem::Throttled { retry_after_secs: 3601 }, "try again in 2 hours."),
        (SignInProblem::ExpiredForm, "open for too long"),
        (SignInProblem::OtherUser, "another account"),
    ];
    for (problem, text) in texts {
        let html = World::new("").sign_in(Some(problem));
        assert!(html.contains(text), "{problem:?}");
        assert!(html.contains("<title>Problem: Sign in"), "{problem:?}");
        assert_eq!(by_id(&html, "sign-in-problem").get("role"), Some("alert"));
        for field in ["username", "password"] {
            let field = by_id(&html, field);
            assert_eq!(field.get("aria-describedby"), Some("sign-in-problem"));
            let wrong = problem == SignInProblem::WrongCredentials;
            assert_eq!(field.get("aria-invalid").is_some(), wrong, "{problem:?}");
        }
    }
}

#[test]
fn signing_in_again_looks_like_it_and_keeps_the_fields() {
    let world = World::new("");
    let view = SignIn {
        layout: world.layout(),
        client: world.client(),
        request: "sealed",
        csrf: "token",
        login: "",
        problem: None,
        reason: SignInReason::Reauthenticate,
        can_cancel: false,
        sign_up: false,
    };
    let html = DefaultPages.sign_in(&view);
    assert!(html.contains("<h1>Sign in again</h1>"));
    assert!(by_id(&html, "username").get("autofocus").is_some());
    assert!(!summary(&html).iter().any(|line| line.contains("cancel")));
    assert!(summary(&html).contains(&"password".to_owned()));
}

#[test]
fn consent() {
    let html = World::new("").consent();
    assert_eq!(
        summary(&html),
        [
            "#consent /op/consent",
            "request",
            "csrf",
            "#switch-account action=switch Not you? Use another account",
            "#allow action=allow Allow",
            "#deny action=deny Deny",
        ]
    );
    assert_eq!(by_id(&html, "client-name").text, "Field trips");
    assert_eq!(by_id(&html, "client-host").text, "trips.example.org:8443");
    assert_eq!(by_id(&html, "user-login").text, "ada@example.com");
    let asked: Vec<String> =
        tags(&html).iter().filter_map(|tag| tag.get("data-scope")).map(str::to_owned).collect();
    assert_eq!(asked, ["email", "trips:read", "offline_access"]);
    let tags = tags(&html);
    let claims: Vec<&str> = tags.iter().filter_map(|tag| tag.get("data-claim")).collect();
    assert_eq!(claims, ["birthdate"]);
    assert!(html.contains("See your date of birth"));
    assert!(html.contains("See your email address") && html.contains("while you are away"));
}

#[test]
fn consent_to_nothing_but_ones_name() {
    let world = World::new("");
    let view = Consent {
        layout: world.layout(),
        client: world.client(),
        user_name: "Ada",
        user_login: "ada",
        scopes: vec![],
        claims: vec![],
        offline: OfflineAccess::NotAsked,
        request: "",
        csrf: "",
    };
    let html = DefaultPages.consent(&view);
    assert!(html.contains("asks to know that it is you"));
    assert!(!html.contains("data-scope"));
}

#[test]
fn select_account() {
    assert_eq!(
        summary(&World::new("").select_account()),
        [
            "#select-account /op/select-account",
            "request",
            "csrf",
            "#continue action=continue Continue as Ada Lovelace",
            "#another action=another Use another account",
        ]
    );
}

#[test]
fn device() {
    let html = World::new("").device(None);
    assert_eq!(summary(&html), ["#device /op/device", "csrf", "user_code", "#device-submit Continue"]);
    let field = by_id(&html, "user_code");
    assert_eq!((field.get("value"), field.get("autocomplete")), (Some("WDJB-MJHT"), Some("off")));
    assert!(field.get("autofocus").is_none() && html.contains("Is this the code that the device shows?"));
    let empty = Device { layout: World::new("").layout(), csrf: "", user_code: "", problem: None };
    let html = DefaultPages.device(&empty);
    assert!(by_id(&html, "user_code").get("autofocus").is_some());
    assert!(html.contains("Enter the code that the device shows.") && !html.contains("role=\"alert\""));
}

#[test]
fn a_problem_with_a_code_is_announced_and_tied_to_the_field() {
    let texts = [
        (DeviceProblem::UnknownCode, "No device waits under this code."),
        (DeviceProblem::Throttled { retry_after_secs: 10 }, "try again in 10 seconds."),
        (DeviceProblem::ExpiredForm, "open for too long"),
    ];
    for (problem, text) in texts {
        let html = World::new("").device(Some(problem));
        assert!(html.contains(text) && html.contains("<title>Problem: Connect a device"), "{problem:?}");
        assert_eq!(by_id(&html, "device-problem").get("role"), Some("alert"));
        let field = by_id(&html, "user_code");
        assert_eq!(field.get("aria-describedby"), Some("device-problem"));
        assert_eq!(field.get("aria-invalid").is_some(), problem == DeviceProblem::UnknownCode);
    }
}

#[test]
fn device_confirm() {
    let html = World::new("").device_confirm();
    assert_eq!(
        summary(&html),
        [
            "#device-confirm /op/device/confirm",
            "request",
            "csrf",
            "#switch-account action=switch Not you? Use another account",
            "#allow action=allow Allow",
            "#deny action=deny Deny",
        ]
    );
    assert_eq!(by_id(&html, "client-name").text, "Field trips");
    assert_eq!(by_id(&html, "user-code").text, "WDJB-MJHT");
    assert_eq!(by_id(&html, "asked-from").text, "203.0.113.9");
    assert_eq!(by_id(&html, "user-login").text, "ada@example.com");
    assert!(!html.contains("client-host"), "no redirect URI, no host");
}

#[test]
fn device_done() {
    let done = |answer| World::new("").device_done(answer);
    assert!(done(DeviceAnswer::Allowed).contains("<h1>The device is connected</h1>"));
    assert!(done(DeviceAnswer::Denied).contains("<h1>The device was not connected</h1>"));
}

#[test]
fn sign_out() {
    assert_eq!(
        summary(&World::new("").sign_out()),
        [
            "#sign-out /op/sign-out",
            "request",
            "csrf",
            "#sign-out-submit action=sign-out Sign out",
            "#stay action=stay Stay signed in",
        ]
    );
}

#[test]
fn signed_out() {
    let html = World::new("").signed_out();
    assert!(html.contains("<h1>You are signed out</h1>"));
    assert_eq!(by_id(&html, "back").get("href"), Some("https://trips.example.org/"));
}

#[test]
fn error() {
    let html = World::new("").error();
    assert!(html.contains("<h1>This request cannot be answered</h1>"));
    assert_eq!(by_id(&html, "error-code").text, "invalid_request");
    assert_eq!(by_id(&html, "error-message").text, "The redirect URI is not registered.");
    assert_eq!(by_id(&html, "trace-id").text, "4bf92f3577b34da6");
    assert_eq!(by_id(&html, "retry").get("href"), Some("/op/"));
}

#[test]
fn home() {
    assert_eq!(
        summary(&World::new("").home()),
        [
            "#sign-out /op/sign-out",
            "csrf",
            "#sign-out-submit action=sign-out Sign out",
            "# /op/applications/revoke",
            "csrf",
            "client_id",
            "# Remove access",
        ]
    );
}

#[test]
fn home_of_nobody() {
    let view = Home { layout: World::new("").layout(), signed_in: None, csrf: "", applications: vec![] };
    let html = DefaultPages.home(&view);
    assert!(html.contains("<h1>This is a Hallpass issuer</h1>") && html.contains("Nobody is signed in"));
    assert_eq!(summary(&html), [""; 0]);
}

#[test]
fn form_post() {
    let html = World::new("").form_post();
    let expected =
        ["#form-post https://trips.example.org/callback", "code", "state", "#form-post-submit Continue"];
    assert_eq!(summary(&html), expected);
}
