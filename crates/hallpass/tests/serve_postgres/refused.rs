//! A database that cannot be used: one line that names it, and no password.

use crate::database::Database;
use crate::world::text;

#[test]
fn each_reason_is_one_line() {
    let Some(database) = Database::new() else { return };
    let (world, _) = database.world();
    let (url, password) = database.url_and_password();
    let bad = format!("not-{password}");
    let slash = url.rfind("/postgres").expect("the database's name");
    let nowhere = format!("{}/nowhere{}", &url[..slash], &url[slash + "/postgres".len()..]);
    for (url, password, why) in [
        (&url, &bad, "password authentication failed for user"),
        (&nowhere, &password, "database \"nowhere\" does not exist"),
        (&format!("{url}&sslmode=require"), &password, "asks for TLS (sslmode=require)"),
    ] {
        let mut list = world.command(&["client", "list", "--database", url]);
        world.write("url", &url.replace("${PGPASSWORD}", password));
        for command in [&mut list, &mut world.command(&["serve"])] {
            let output = command.env("PGPASSWORD", password).output().expect("runs");
            let said = text(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{said}");
            let lines: Vec<&str> = said.lines().filter(|line| !line.contains("stands in the file")).collect();
            assert!(matches!(lines[..], [one] if one.contains(why)), "{why}: {said}");
            assert!(!said.contains(password.as_str()), "{said}");
        }
    }
}

#[test]
fn a_database_without_tables_is_no_empty_hallpass() {
    let Some(database) = Database::new() else { return };
    let (world, _) = database.world();

    let output = world.run(&["client", "list"]);

    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("is not one of Hallpass: `hallpass serve` makes its tables"), "{said}");
    assert_eq!(database.tables(), 0, "looking changes nothing");
    world.serve().stop();
    assert!(database.tables() > 0 && world.done(&["client", "list"]).starts_with("web "));
}
