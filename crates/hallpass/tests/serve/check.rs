//! `hallpass config check`: every mistake with its line.

use super::world::{World, path, text};

/// A file that is right; the lines that follow it begin with the fifth.
pub(crate) const RIGHT: &str =
    "issuer = \"http://localhost:9000\"\nlisten = \"localhost:9000\"\ndatabase = \"hallpass.db\"\n\n";

/// What is wrong with a file, one a line, without the summary at the end.
pub(crate) fn mistakes_of(world: &World, file: &str) -> Vec<String> {
    world.write("hallpass.toml", file);
    let output = world.run(&["config", "check"]);
    assert_eq!(output.status.code(), Some(1), "{file}");
    assert!(output.stdout.is_empty(), "{file}");
    let said = text(&output.stderr);
    let mut lines: Vec<String> = said.lines().map(str::to_owned).collect();
    let last = lines.pop().expect("a summary");
    assert!(last.starts_with("hallpass: hallpass.toml has "), "{said}");
    lines
}

/// A client that acts for itself; the next line is the ninth.
const SERVICE: &str = "grant_types = \"client_credentials\"\n";

/// Each has one mistake, in the given line.
#[test]
fn each_mistake_is_told_with_its_line() {
    let secret = "s".repeat(32);
    let client = |rest: &str| {
        format!("{RIGHT}[[client]]\nclient_id = \"a\"\nclient_secret_file = \"secret\"\n{rest}\n")
    };
    let user = |rest: &str| format!("{RIGHT}[[user]]\nlogins = [\"a\"]\n{rest}\n");
    let head = |issuer: &str, listen: &str| {
        format!("issuer = \"{issuer}\"\nlisten = {listen}\ndatabase = \"hallpass.db\"\n")
    };
    let table: Vec<(String, usize, &str)> = vec![
        // the document
        (format!("{RIGHT}isuer = 1\n"), 5, "`isuer` is not a key: did you mean `issuer`?"),
        (format!("{RIGHT}colour = 1\n"), 5, "`colour` is not a key: known here are "),
        (format!("{RIGHT}[tls\n"), 5, ""),
        (format!("{RIGHT}issuer = \"http://localhost\"\n"), 5, "duplicate key"),
        // where and what
        ("listen = \"localhost:1\"\ndatabase = \"x\"\n".to_owned(), 1, "`issuer` is missing: such as"),
        (
            head("login.example", "\"localhost:1\""),
            1,
            "is not an absolute URL such as https://login.example.com",
        ),
        (head("http://login.example", "\"localhost:1\""), 1, "uses http, which is for loopback hosts only"),
        (
            head("http://localhost/*a", "\"localhost:1\""),
            1,
            "`issuer` has the path \"/*a\", which must be of letters",
        ),
        (head("http://localhost/readyz", "\"localhost:1\""), 1, "neither /livez nor /readyz"),
        (head("https://a.example", "\"0.0.0.0:443\""), 2, "give [tls], or say behind_proxy = true"),
        (head("http://localhost", "[\"localhost:1\",\n\"0.0.0.0:80\"]"), 3, "is open to other machines"),
        (head("http://localhost", "\"9000\""), 2, "\"9000\" is not an address and a port"),
        (head("http://localhost", "9000"), 2, "`listen` must be text in quotes, not this number"),
        (head("http://localhost", "[]"), 2, "`listen` names no address"),
        ("issuer = \"http://localhost\"\ndatabase = \"x\"\n".to_owned(), 1, "`listen` is missing"),
        ("issuer = \"http://localhost\"\nlisten = \"localhost:1\"\n".to_owned(), 1, "`database` is missing"),
        (RIGHT.replace("hallpass.db", "mysql://db"), 3, "`database` must be the path of a SQLite file"),
        (format!("{RIGHT}behind_proxy = true\n"), 1, "behind_proxy = true needs an issuer with https"),
        (format!("{RIGHT}access_token_signed_response_alg = \"HS256\"\n"), 5, "is not one of RS256, ES256"),
        (format!("{RIGHT}tls = true\n"), 5, "`tls` must be a table: begin it with [tls]"),
        (
            head("https://a.example", "\"[::]:1\"") + "[tls]\nkey = \"k\"\n",
            4,
            "[tls] `certificate` is missing",
        ),
        (
            head("https://a.example", "\"[::]:1\"") + "\n[tls]\ncertificate = \"c\"\nkey = \"k\"\n",
            5,
            "[tls] c cannot be read: ",
        ),
        (
            head("http://localhost/*a", "\"localhost:1\""),
            1,
            "`issuer` has the path \"/*a\", which must be of letters",
        ),
        (head("http://localhost/readyz", "\"localhost:1\""), 1, "neither /livez nor /readyz"),
        // numbers and durations
        (
            format!("{RIGHT}[lifetimes]\ncode = \"10x\"\n"),
            6,
            "[lifetimes] `code` is not a duration: write \"90s\"",
        ),
        (
            format!("{RIGHT}[connections]\nlimit = 0\n"),
            6,
            "[connections] `limit` must be a whole number from 1",
        ),
        (format!("{RIGHT}[connections]\nheader_timeout = \"2m\"\n"), 6, "must last from 1 to 60 seconds"),
        (format!("{RIGHT}[connections]\nidle = 5\n"), 6, "[connections] `idle` is not a key"),
        (format!("{RIGHT}[lifetimes]\ncode = -1\n"), 6, "[lifetimes] `code` is not a duration"),
        (format!("{RIGHT}[lifetimes]\ncode = 1.5\n"), 6, "[lifetimes] `code` is not a duration"),
        (format!("{RIGHT}[lifetimes]\ncode = \"11m\"\n"), 6, "is longer than ten minutes"),
        (format!("{RIGHT}[lifetimes]\nsession = 0\n"), 6, "must last a second at least"),
        (format!("{RIGHT}[lifetimes]\nsesion = 0\n"), 6, "did you mean `session`?"),
        (format!("{RIGHT}[passwords]\nworkers = 0\n"), 6, "must be a whole number from 1 to 256"),
        // what the server fetches
        (
            format!("{RIGHT}[outbound]\nallow = [\"keys.internal\",\n\"https://keys.internal\"]\n"),
            7,
            "[outbound] `allow` \"https://keys.internal\" is not a host",
        ),
        (format!("{RIGHT}[outbound]\nallow = \"10.0.0.0/33\"\n"), 6, "is not a host (keys.internal)"),
        (format!("{RIGHT}[outbound]\nca_file = \"none.pem\"\n"), 6, "`ca_file` cannot be read: none.pem"),
        (format!("{RIGHT}[outbound]\nca_file = \"secret\"\n"), 6, "there is no certificate in PEM"),
        (format!("{RIGHT}[outbound]\ntimeout = \"2m\"\n"), 6, "must last from a second to a minute"),
        (format!("{RIGHT}[outbound]\nalow = []\n"), 6, "did you mean `allow`?"),
        // registration
        (
            format!("{RIGHT}[registration]\naccess = \"yes\"\n"),
            6,
            "is not one of off, initial-access-token, open",
        ),
        (format!("{RIGHT}[registration]\nacces = \"open\"\n"), 6, "did you mean `access`?"),
        (
            format!("{RIGHT}[registration]\nscope = \"a\\\"b\"\n"),
            6,
            "[registration] `scope` is not a scope: ",
        ),
        (
            format!("{RIGHT}[registration]\ngrant_types = [\n\"implicit\",\n\"magic\"]\n"),
            8,
            "`grant_types` \"magic\" is not one of authorization_code",
        ),
        (
            format!("{RIGHT}[registration]\ntoken_endpoint_auth_methods = \"basic\"\n"),
            6,
            "\"basic\" is not one of client_secret_basic",
        ),
        (
            format!("{RIGHT}[registration]\nredirect_hosts = \"https://a.example\"\n"),
            6,
            "is not a host such as",
        ),
        (format!("{RIGHT}[registration]\nper_minute = 0\n"), 6, "must be a whole number from 1 to 100000"),
        (format!("{RIGHT}[registration]\nsoftware_statement = \"required\"\n"), 5, "says whose count"),
        (
            format!("{RIGHT}[[registration.statement_issuer]]\nissuer = \"https://a.example\"\n"),
            5,
            "`jwks_uri` is missing: give it or jwks_file",
        ),
        (
            format!("{RIGHT}[[registration.statement_issuer]]\nissuer = \"a\"\njwks_file = \"none.json\"\n"),
            7,
            "`jwks_file` cannot be read: none.json: ",
        ),
        // scopes
        (format!("{RIGHT}[[scope]]\nname = \"a b\"\ntitle = \"x\"\n"), 6, "must be one scope value"),
        (format!("{RIGHT}[[scope]]\nname = \"a\"\n"), 5, "[[scope]] `title` is missing"),
        (format!("{RIGHT}[scope]\nname = \"a\"\n"), 5, "begin each with [[scope]]"),
        // claims
        (format!("{RIGHT}[[claim]]\nname = \"a#de\"\ntitle = \"x\"\n"), 6, "the name of one claim"),
        (format!("{RIGHT}[[claim]]\nname = \"sub\"\ntitle = \"x\"\n"), 6, "is a claim of the protocol"),
        (format!("{RIGHT}[[claim]]\nname = \"a\"\n"), 5, "[[claim]] `title` is missing"),
        (format!("{RIGHT}acr_values = [\"a\",\n\"b c\"]\n"), 6, "\"b c\" is not a value of acr"),
        // clients
        (client(""), 5, "[[client]] `redirect_uris` is empty"),
        (
            client("redirect_uris = [\"https://a.example/cb\",\n\"http://a.example/cb\"]"),
            9,
            "\"http://a.example/cb\" cannot be registered",
        ),
        (client("redirect_uris = [\"https://a.example/*\"]"), 8, "cannot be registered"),
        (client("grant_types = [\"code\"]"), 8, "`grant_types` \"code\" is not one of authorization_code"),
        (
            client("grant_types = [\"client_credentials\"]\nresponse_types = [\"code\"]"),
            9,
            "holds code without the grant type",
        ),
        (
            client("grant_types = [\"client_credentials\"]\nresponse_types = [\"kode\"]"),
            9,
            "is not a response type",
        ),
        (
            client("grant_types = [\"client_credentials\"]\nscope = \"a\\\"b\""),
            9,
            "`scope` a scope holds printable ASCII",
        ),
        (
            client("grant_types = [\"client_credentials\"]\nclient_uri = \"a.example\""),
            9,
            "is not an http or https URL",
        ),
        (
            client("grant_types = [\"client_credentials\"]\napplication_type = \"desktop\""),
            9,
            "`application_type` \"desktop\" is not one of web, native",
        ),
        (
            client(
                "redirect_uris = [\n\"https://a.example/cb\",\n\"com.example.a:/cb\"]\napplication_type = \"web\"",
            ),
            10,
            "\"com.example.a:/cb\" has a scheme of an app's own, which needs application_type native",
        ),
        (client(&format!("{SERVICE}initiate_login_uri = \"http://a.example/\"")), 9, "is not an https URL"),
        (client(&format!("{SERVICE}default_max_age = -1")), 9, "`default_max_age` is not a duration"),
        (client(&format!("{SERVICE}require_auth_time = 1")), 9, "`require_auth_time` must be true or false"),
        (client(&format!("{SERVICE}jwks_uri = \"https://a.example/#k\"")), 9, "has a fragment"),
        (client(&format!("{SERVICE}jwks = \"keys\"")), 9, "begin it with [jwks]"),
        (
            client(&format!("{SERVICE}jwks = {{ keys = [] }}")),
            9,
            "`jwks` cannot be registered: there is no RSA",
        ),
        (
            client(&format!("{SERVICE}jwks_file = \"none.json\"")),
            9,
            "`jwks_file` cannot be read: none.json: ",
        ),
        (client(&format!("{SERVICE}jwks_file = \"secret\"")), 9, "`jwks_file` cannot be read: secret: "),
        (
            client(&format!(
                "{SERVICE}jwks_uri = \"https://a.example/k\"\njwks = {{ keys = [{{ kty = \"RSA\" }}] }}"
            )),
            10,
            "`jwks` cannot be registered: key 1: the key has no n",
        ),
        (
            client(&format!("{SERVICE}id_token_encrypted_response_enc = \"A128GCM\"")),
            9,
            "is given without id_token_encrypted_response_alg",
        ),
        (client(&format!("{SERVICE}\"client_name#de\" = 1")), 9, "`client_name#de` must be text in quotes"),
        (client(&format!("{SERVICE}\"scope#de\" = \"a\"")), 9, "may stand there in several languages"),
        (
            client(&format!("{SERVICE}\"tos_uri#de\" = \"a\"")),
            5,
            "`tos_uri` \"a\" is not an http or https URL",
        ),
        (client(&format!("{SERVICE}client_assertion_audience = \"any\"")), 9, "is not one of issuer, legacy"),
        (
            client(
                "redirect_uris = \"https://a.example/cb\"\nfrontchannel_logout_uri = \"https://b.example/\"",
            ),
            9,
            "is not of the scheme, host and port of a redirect URI",
        ),
        (
            client("grant_types = [\"client_credentials\"]\nclient_secret = \"x\""),
            9,
            "are both given: keep one",
        ),
        (
            format!(
                "{RIGHT}[[client]]\nclient_id = \"a\"\nclient_secret = \"{}\"\nredirect_uris = \"https://a.example/cb\"\nid_token_signed_response_alg = \"HS512\"\n",
                "x".repeat(63)
            ),
            7,
            "the secret has 63 bytes, and HS512 needs at least 64",
        ),
        (
            client("grant_types = [\"client_credentials\"]\ntoken_endpoint_auth_method = \"basic\""),
            9,
            "is not one of client_secret_basic",
        ),
        (
            client(
                "grant_types = [\"authorization_code\"]\nredirect_uris = \"https://a.example/\"\ntoken_endpoint_auth_method = \"none\"",
            ),
            7,
            "is given, but token_endpoint_auth_method is \"none\"",
        ),
        (
            client(
                "grant_types = [\"client_credentials\"]\n[[client]]\nclient_id = \"a\"\nclient_secret_file = \"secret\"\ngrant_types = \"client_credentials\"",
            ),
            9,
            "\"a\" stands here twice",
        ),
        (
            format!("{RIGHT}[[client]]\nclient_id = \"a\"\ngrant_types = \"client_credentials\"\n"),
            5,
            "`client_secret` is missing",
        ),
        (
            format!(
                "{RIGHT}[[client]]\nclient_secret_file = \"secret\"\ngrant_types = \"client_credentials\"\n"
            ),
            5,
            "`client_id` is missing",
        ),
        (
            format!(
                "{RIGHT}[[client]]\nclient_id = \"a\"\ngrant_types = \"client_credentials\"\nclient_secret_file = \"nowhere\"\n"
            ),
            8,
            "`client_secret_file` cannot be read: nowhere",
        ),
        (
            format!(
                "{RIGHT}[[client]]\nclient_id = \"a\"\ngrant_types = \"client_credentials\"\nclient_secret_file = \"empty\"\n"
            ),
            8,
            "`client_secret` is empty",
        ),
        (
            format!(
                "{RIGHT}[[client]]\nclient_id = \"a\"\ngrant_types = \"client_credentials\"\nclient_secret = \"${{NOT_SET_HERE}}\"\n"
            ),
            8,
            "the environment variable NOT_SET_HERE is not set",
        ),
        // people
        (user(""), 5, "[[user]] `password_hash` is missing"),
        (user("password_hash = \"$2b$12$abc\""), 7, "is not an argon2 PHC string"),
        (
            user("password_hash = \"$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ\""),
            7,
            "is not an argon2 PHC string",
        ),
        (user("password_hash = \"x\"\npassword_file = \"secret\""), 7, "and a password are both given"),
        (user("password_file = \"secret\"\nsub = \"a b\""), 8, "`sub` must be 1 to 255 characters"),
        (user("password_file = \"secret\"\n[user.claims]\nsub = \"x\""), 8, "`sub` is not a claim here"),
        (
            user("password_file = \"secret\"\n[[user]]\nlogins = \"A \"\npassword_file = \"secret\""),
            8,
            "the login \"a\" belongs to two people",
        ),
        (format!("{RIGHT}[[user]]\npassword_file = \"secret\"\n"), 5, "`logins` is missing or empty"),
    ];
    let world = World::new();
    world.write("secret", &secret);
    world.write("empty", "\n");
    let mut wrong = Vec::new();
    for (file, line, expected) in &table {
        let told = mistakes_of(&world, file);
        let right = match &told[..] {
            [one] => one.starts_with(&format!("hallpass.toml:{line}: ")) && one.contains(expected),
            _ => false,
        };
        if !right {
            wrong.push(format!("{file}\nline {line}: {expected}\ntold: {told:#?}\n"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn all_mistakes_are_told_at_once_and_a_start_names_the_first() {
    let world = World::new();
    let file = "issuer = \"http://a.example\"\nlisten = 1\ndatabase = \"x\"\nfoo = 1\n[lifetimes]\ncode = \"x\"\ngrant = \"y\"\n[[client]]\nclient_id = \"\"\ngrant_types = [\"z\"]\n[[user]]\nlogins = []\n";
    let told = mistakes_of(&world, file);
    let lines: Vec<&str> = told.iter().filter_map(|line| line.split(':').nth(1)).collect();
    assert_eq!(lines, ["1", "2", "4", "6", "7", "9", "10", "11", "11"], "{told:#?}");

    let output = world.run(&["serve"]);
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(
        said.starts_with("hallpass: hallpass.toml:1: the issuer \"http://a.example\" uses http"),
        "{said}"
    );
    assert!(
        said.ends_with("(and 8 more: hallpass config check --config hallpass.toml lists them)\n"),
        "{said}"
    );
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let world = World::new();
    for command in [vec!["serve"], vec!["config", "check"], vec!["client", "list"]] {
        let output = world.run(&command);
        assert_eq!(output.status.code(), Some(1));
        assert!(text(&output.stderr).contains("hallpass.toml: cannot be read: "), "{}", text(&output.stderr));
    }
}

#[test]
fn what_is_in_effect_is_printed() {
    let world = World::new();
    world.write(
        "hallpass.toml",
        &format!("{RIGHT}[lifetimes]\naccess_token = \"300s\"\nsession = 86400\n[passwords]\nworkers = 3\n"),
    );
    let printed = world.done(&["config", "check"]);
    for (name, value) in [
        ("issuer", "http://localhost:9000"),
        ("listen", "localhost:9000"),
        ("database", "hallpass.db"),
        ("connections.limit", "10000"),
        ("connections.header_timeout", "10s"),
        ("lifetimes.code", "1m"),
        ("lifetimes.access_token", "5m"),
        ("lifetimes.session ", "1d"),
        ("passwords.workers", "3"),
        ("access_token_signed_response_alg", "ES256"),
        ("scope email", "See your email address"),
        ("claim email", "See your email address"),
        ("acr_values", "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport"),
    ] {
        assert_eq!(super::world::value_of(&printed, name), value, "{printed}");
    }
    assert!(!world.directory.join("hallpass.db").exists(), "looking changes nothing");
}

#[test]
fn the_example_is_right() {
    let example = concat!(env!("CARGO_MANIFEST_DIR"), "/../../hallpass.example.toml");
    let world = World::new();
    let check = |path: &str| {
        let mut command = world.command(&["config", "check", "--config", path]);
        for name in ["WEB_CLIENT_SECRET", "NIGHTLY_CLIENT_SECRET", "ADA_PASSWORD"] {
            command.env(name, "a-value-of-forty-three-characters-0123456789");
        }
        let output = command.output().expect("runs");
        assert!(output.status.success(), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "", "no warnings");
        text(&output.stdout)
    };
    let printed = check(example);
    assert!(printed.contains("client nightly"), "{printed}");

    // What is commented out is the default: with it, the same is in effect.
    let source = std::fs::read_to_string(example).expect("the example");
    let mut all = String::new();
    // They name files and machines that are not here.
    let mut elsewhere = false;
    for line in source.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        if bare.starts_with('[') {
            elsewhere = bare == "[tls]" || bare.starts_with("[keys.vault]");
        }
        let setting = line.starts_with("# ") && !elsewhere && (bare.starts_with('[') || bare.contains(" = "));
        let tells = bare.contains('…')
            || bare.contains("${")
            || bare.starts_with("Every")
            || bare.contains("http://")
            || bare.starts_with("A person.");
        all.push_str(if setting && !tells { bare } else { line });
        all.push('\n');
    }
    assert!(
        all.contains("\ncode = \"1m\"")
            && all.contains("\nqueue = 64")
            && all.contains("\nrequire_pkce = true")
    );
    let written = world.write("all.toml", &all);
    let expected =
        printed.replace(&format!("{}hallpass.db", example.trim_end_matches("hallpass.example.toml")), "");
    let found = check(path(&written)).replace(&format!("{}/hallpass.db", path(&world.directory)), "");
    assert_eq!(found, expected);
}
