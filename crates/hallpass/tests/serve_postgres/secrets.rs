//! Nothing secret is printed, whatever is logged.

use hallpass_testkit::fixture::{PASSWORD_OF_ALL, SECRET};

use crate::connection::Door;
use crate::database::Database;
use crate::world::{Running, https_config, text};

#[tokio::test]
async fn the_most_talkative_log_shows_no_secret() {
    let Some(database) = Database::new() else { return };
    let (world, certificate) = database.world();
    let (url, password) = database.url_and_password();
    let path = "database = \"data/hallpass.db\"";
    let config = https_config().replace(path, &format!("database = \"{url}\""));
    world.write("hallpass.toml", &config);
    let checked = world.command(&["config", "check"]).env("PGPASSWORD", &password).output().expect("runs");
    assert!(checked.status.success(), "{}", text(&checked.stderr));

    let mut serve = world.command(&["serve"]);
    serve.env("PGPASSWORD", &password).env("HALLPASS_LOG", "trace,tokio_postgres::query=trace");
    let server = Running::start(serve);
    let shown = server.started.split_once("with the database ").map(|(_, rest)| rest.to_owned());
    let browser = Door::tls(server.address, &certificate).browser("https://localhost");
    let code = browser.code("web", "https://web.example/cb", &[]).await;
    server.signal("TERM");
    let (status, log) = server.end();

    assert!(status.success() && log.contains("signed_in"), "{log}");
    assert!(shown.is_some_and(|s| s.starts_with("postgres://") && s.contains("@127.0.0.1")), "{log}");
    let said = log + &text(&checked.stdout) + &text(&checked.stderr);
    for secret in [&*password, &*code, SECRET, PASSWORD_OF_ALL, "$argon2", "PRIVATE"] {
        assert!(
            !said.lines().any(|l| l.contains(secret) && !l.contains("stands in the file")),
            "{secret}: {said}"
        );
    }
    assert!(!said.contains("executing statement"), "the driver's log holds what is recorded: {said}");
}
