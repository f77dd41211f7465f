//! `hallpass demo` as a person runs it: the built program, real sockets, a data directory of its own.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod world;

use std::net::TcpListener;

use world::World;

#[test]
fn it_starts_with_nothing_configured_and_says_where_to_go() {
    let world = World::new();

    let demo = world.start();

    let welcome = demo.welcome();
    for expected in [&demo.issuer, &demo.app, &demo.api] {
        assert!(welcome.contains(expected.as_str()), "{expected} is not in:\n{welcome}");
    }
    let printed = [
        "ada@example.com",
        "lovelace",
        "demo-web-secret",
        "demo-spa",
        "demo-service",
        "demo-legacy",
        "fastapi",
    ];
    for expected in printed {
        assert!(welcome.contains(expected), "{expected} is not in:\n{welcome}");
    }
    assert_eq!(demo.get(&demo.app, "/", "application/json").body, r#"{"Hello":"World"}"#);
    assert_eq!(demo.get(&demo.issuer, "/.well-known/openid-configuration", "*/*").status, 200);
    assert_eq!(demo.get(&demo.api, "/items", "*/*").status, 401);
    assert_eq!(demo.interrupt(), Some(0), "Ctrl-C stops it cleanly");
}

/// The answers of the well-known tutorial, word for word.
#[test]
fn the_callback_answers_as_the_tutorial_does() {
    let world = World::new();
    let demo = world.start();
    let ask = |path: &str| demo.get(&demo.app, path, "application/json");

    let without = ask("/callback");
    assert_eq!(
        (without.status, without.body.as_str()),
        (400, r#"{"detail":"Authorization code not provided"}"#)
    );

    let denied = ask("/callback?error=access_denied&state=x");
    assert!((400..500).contains(&denied.status), "{} {}", denied.status, denied.body);
}

#[test]
fn a_second_start_finds_the_same_keys_and_people() {
    let world = World::new();
    let first = world.start();
    let keys = first.get(&first.issuer, "/jwks", "*/*").body;
    let token = first.password_token();
    assert_eq!(first.interrupt(), Some(0));

    let second = world.start();

    assert_eq!(second.get(&second.issuer, "/jwks", "*/*").body, keys);
    assert_eq!(world::subject(&second.password_token()), world::subject(&token), "the same person");
    let refreshed = second.refresh(&token);
    assert_eq!(refreshed.status, 200, "a grant of the first start is still good: {}", refreshed.body);
}

#[test]
fn a_port_in_use_is_one_line_and_exit_code_1() {
    let world = World::new();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("an address").port();

    let output = world.run(&["--app-port", &port.to_string()]);

    assert_eq!(output.code, Some(1));
    assert_eq!(output.stderr.lines().count(), 1, "{}", output.stderr);
    assert!(
        output.stderr.contains(&port.to_string()) && output.stderr.contains("--app-port"),
        "{}",
        output.stderr
    );
}

#[test]
fn two_roles_do_not_share_a_port() {
    let output = World::new().run(&["--app-port", "9000"]);

    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("--issuer-port and --app-port are the same port"), "{}", output.stderr);
}

/// The web app's credentials come from the environment or a file; a missing one is named.
#[test]
fn a_credential_that_is_missing_is_named_by_its_variable() {
    let world = World::new();

    let output = world.run_with(&[], &[("DEMO_WEB_SECRET_FILE", "/nowhere/at/all")]);

    assert_eq!(output.code, Some(1));
    let last = output.stderr.lines().last().unwrap_or_default();
    assert!(last.contains("DEMO_WEB_SECRET_FILE") && last.contains("/nowhere/at/all"), "{}", output.stderr);

    let both = [("DEMO_SERVICE_SECRET", "x"), ("DEMO_SERVICE_SECRET_FILE", "/nowhere")];
    let output = world.run_with(&[], &both);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("DEMO_SERVICE_SECRET"), "{}", output.stderr);
}

/// No secret of the demo is in its log, though each was used.
#[test]
fn the_log_holds_no_secret() {
    let world = World::new();
    let demo = world.start();
    let token = demo.password_token();
    let refreshed = demo.refresh(&token);
    assert_eq!(refreshed.status, 200);
    assert_eq!(demo.wrong_password().status, 400);

    let log = demo.stop_and_read_log();

    assert!(log.contains("path=\"/token\""), "the requests are in the log:\n{log}");
    let access_token = world::member(&token.body, "access_token");
    let refresh_token = world::member(&token.body, "refresh_token");
    for secret in ["lovelace", "demo-legacy-secret", "a wrong password", &access_token, &refresh_token] {
        assert!(!log.contains(secret), "{secret} is in the log:\n{log}");
    }
}
