//! `/livez` and `/readyz`.

use std::time::Instant;

use rusqlite::Connection;

use super::connection::Door;
use super::world::World;

async fn status(door: &Door, path: &str) -> u16 {
    let reply = door.get(path).await;
    assert_eq!(reply.header("cache-control"), "no-store");
    reply.status.as_u16()
}

#[tokio::test]
async fn ready_is_a_server_whose_database_takes_a_write() {
    let (world, certificate) = World::with_https();
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);
    assert_eq!((status(&door, "/livez").await, status(&door, "/readyz").await), (200, 200));

    let other = Connection::open(world.directory.join("data/hallpass.db")).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("locks out every other writer");
    // The answer before is good for a second.
    while status(&door, "/readyz").await == 200 {}
    assert_eq!((status(&door, "/livez").await, status(&door, "/readyz").await), (200, 503));

    other.execute_batch("ROLLBACK").expect("lets them in");
    while status(&door, "/readyz").await == 503 {}
    server.stop();
}

#[tokio::test]
async fn being_asked_often_writes_no_more_than_a_row_a_second() {
    let (world, certificate) = World::with_https();
    let server = world.serve();
    let door = Door::tls(server.address, &certificate);
    let database = Connection::open(world.directory.join("data/hallpass.db")).expect("opens");
    let beats =
        || -> i64 { database.query_row("SELECT beats FROM heartbeat", [], |row| row.get(0)).expect("a row") };
    let (before, start) = (beats(), Instant::now());
    for _ in 0..20 {
        assert_eq!(status(&door, "/readyz").await, 200);
    }
    let seconds = i64::try_from(start.elapsed().as_secs()).expect("few");
    let written = beats() - before;
    assert!((1..=seconds + 1).contains(&written), "{written} in {seconds} s");
    server.stop();
}
