//! `database` as the URL of a PostgreSQL database: how it is read, and what is said where nobody answers.

use std::process::Command;

use super::check::{RIGHT, mistakes_of};
use super::world::{World, text, value_of};

const PASSWORD: &str = "canary-0123456789";

fn with(database: &str) -> String {
    RIGHT.replace("database = \"hallpass.db\"", database)
}

/// The output of a program that cannot do it: one line, without the password.
#[track_caller]
fn refused(mut command: Command) -> String {
    let output = command.env("PGPASSWORD", PASSWORD).output().expect("runs");
    let said = text(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(output.stdout.is_empty() && !said.contains("canary"), "{said}");
    said
}

#[test]
fn each_mistake_is_told_with_its_line() {
    let world = World::new();
    world.write("url", "postgres://ada:canary@db/hallpass?sslmode=require\n");
    world.write("path", "hallpass.db\n");
    for (database, expected) in [
        ("", "hallpass.toml:1: `database` is missing: the path of a SQLite file"),
        ("database = 1", "`database` must be text in quotes"),
        ("database = \"postgres://ada:canary@x@db/hallpass\"", "write @ as %40"),
        ("database = \"postgres://ada:canary@/hallpass\"", "`database` names no host"),
        (
            "database = \"postgres://ada:canary@db:x/hallpass\"",
            "`database` cannot be used: this is not the URL",
        ),
        (
            "database = \"postgresql://db/hallpass?sslmode=require\"",
            "the database hallpass at db asks for TLS",
        ),
        (
            "database = \"postgres://${NOT_SET_HERE}@db/x\"",
            "the environment variable NOT_SET_HERE is not set",
        ),
        (
            "database_file = \"url\"",
            "`database_file` holds what cannot be used: the URL of the database hallpass",
        ),
        ("database_file = \"path\"", "`database_file` holds what must be a URL such as postgres://"),
        ("database_file = \"nowhere\"", "`database_file` cannot be read: "),
        ("database = \"postgres://db/x\"\ndatabase_file = \"url\"", "and `database_file` are both given"),
    ] {
        let told = mistakes_of(&world, &with(database));
        assert!(matches!(&told[..], [one] if one.contains(expected)), "{database}: {told:?}");
        assert!(!told[0].contains("canary"), "{told:?}");
    }
}

#[test]
fn it_is_printed_without_its_password() {
    let world = World::new();
    world.write("url", &format!("postgres://ada:{PASSWORD}@db.example:5433/hallpass\n"));
    let plain = format!("database = \"postgresql://ada:{PASSWORD}@db.example/hallpass\"");
    for (database, printed, warned) in [
        ("database_file = \"url\"", "postgres://ada@db.example:5433/hallpass", false),
        ("database = \"postgres://ada:${PGPASSWORD}@db/hallpass\"", "postgres://ada@db/hallpass", false),
        (
            "database = \"postgres://ada@db/hallpass?password=${PGPASSWORD}\"",
            "postgres://ada@db/hallpass",
            false,
        ),
        ("database = \"postgres://ada@db/hallpass\"", "postgres://ada@db/hallpass", false),
        (&plain, "postgresql://ada@db.example/hallpass", true),
    ] {
        world.write("hallpass.toml", &with(database));
        let mut check = world.command(&["config", "check"]);
        let output = check.env("PGPASSWORD", PASSWORD).output().expect("runs");
        let (said, warnings) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(value_of(&said, "database"), printed, "{database}: {warnings}");
        assert!(!said.contains("canary") && !warnings.contains("canary"), "{said}{warnings}");
        assert_eq!(warnings.contains("hallpass.toml:3: `database` has a password that stands"), warned);
        assert_eq!(warnings.is_empty(), !warned, "{warnings}");
    }
}

#[test]
fn a_server_that_is_not_there_is_named_in_one_line() {
    let world = World::new();
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let at = free.local_addr().expect("bound");
    drop(free);
    let url = format!("postgres://ada:${{PGPASSWORD}}@{at}/hallpass");
    let config = with(&format!("database = \"{url}\"")).replace("localhost:9000\"\nd", "127.0.0.1:0\"\nd");
    world.write("hallpass.toml", &config);
    for arguments in [
        vec!["serve"],
        vec!["client", "list"],
        vec!["user", "disable", "ada"],
        vec!["client", "list", "--database", &url],
    ] {
        let said = refused(world.command(&arguments));
        let expected = "hallpass: cannot connect to the database hallpass at 127.0.0.1: ";
        assert!(said.starts_with(expected), "{arguments:?}: {said}");
    }
}

#[test]
fn a_database_of_the_command_line_is_read_as_in_the_file() {
    let world = World::new();
    for (database, expected) in [
        (
            "postgres://ada:${NOT_SET_HERE}@db/x",
            "--database cannot be read: the environment variable NOT_SET",
        ),
        ("postgres://ada:${PGPASSWORD}@db/x?sslmode=require", "asks for TLS (sslmode=require)"),
        ("mysql://ada:${PGPASSWORD}@db/x", "--database must be a URL such as postgres://"),
        ("${PGPASSWORD}.db", "there is no database ${PGPASSWORD}.db"),
    ] {
        let said = refused(world.command(&["client", "list", "--database", database]));
        assert!(said.contains(expected), "{database}: {said}");
    }
}
