//! More connections than there may be, and those that do nothing. security.md T13

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::connection::{Door, get};
use super::world::{DEADLINE, Running, World};

/// A server by plain http with these limits.
fn serve(world: &World, connections: &str) -> Running {
    let config = format!(
        "issuer = \"http://localhost:9000\"\nlisten = \"127.0.0.1:0\"\ndatabase = \"hallpass.db\"\n[connections]\n{connections}"
    );
    world.write("hallpass.toml", &config);
    world.serve()
}

async fn connect(server: &Running) -> TcpStream {
    TcpStream::connect(server.address).await.expect("a connection")
}

/// What comes until the server closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut rest = Vec::new();
    let read = timeout(DEADLINE, stream.read_to_end(&mut rest)).await.expect("the server closes it");
    // That it was reset is an end too.
    let _ = read;
    String::from_utf8(rest).expect("text")
}

#[tokio::test]
async fn who_sends_no_request_is_let_go() {
    let world = World::new();
    let server = serve(&world, "header_timeout = 1\n");
    let silent = connect(&server).await;
    let mut half = connect(&server).await;
    half.write_all(b"GET /livez HTTP/1.1\r\nhost: loc").await.expect("sent");
    let mut http2 = connect(&server).await;
    http2.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.expect("sent");
    assert_eq!(rest(silent).await, "");
    assert!(!rest(half).await.contains("200 OK"));
    let mut said = Vec::new();
    timeout(DEADLINE, http2.read_to_end(&mut said)).await.expect("the server closes it").expect("read");
    assert_eq!(Door::http(server.address).get("/livez").await.status, 200);
    server.stop();
}

#[tokio::test]
async fn those_that_may_not_come_in_yet_wait() {
    let world = World::new();
    let server = serve(&world, "limit = 5\nheader_timeout = 2\n");
    let mut silent = Vec::new();
    for _ in 0..5 {
        silent.push(connect(&server).await);
    }
    let answer = timeout(DEADLINE, Door::http(server.address).get("/livez")).await.expect("its turn comes");
    assert_eq!(answer.status, 200);
    server.wait_for_log("as many connections as there may be");
    server.stop();
}

#[tokio::test]
async fn a_connection_without_a_request_makes_room() {
    let world = World::new();
    let server = serve(&world, "limit = 3\nheader_timeout = 60\nidle_timeout = 3600\n");
    let door = Door::http(server.address);
    let mut kept = Vec::new();
    for _ in 0..3 {
        let mut connection = door.connect().await.expect("a connection");
        assert_eq!(connection.send(get("/livez")).await.status, 200);
        kept.push(connection);
    }
    let answer = timeout(DEADLINE, door.get("/livez")).await.expect("there is room at once");
    assert_eq!(answer.status, 200);
    server.stop();
}

#[tokio::test]
async fn a_request_in_flight_keeps_its_place() {
    let world = World::new();
    let server = serve(&world, "limit = 1\nheader_timeout = 60\n");
    let mut busy = connect(&server).await;
    let head = "POST /token HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nexpect: 100-continue\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 24\r\n\r\n";
    busy.write_all(head.as_bytes()).await.expect("sent");
    let mut go_on = [0; 25];
    busy.read_exact(&mut go_on).await.expect("the body is being read");
    let next = tokio::spawn({
        let door = Door::http(server.address);
        async move { door.get("/livez").await.status }
    });
    server.wait_for_log("as many connections as there may be");
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!next.is_finished(), "the one place is taken");
    busy.write_all(b"grant_type=x&client_id=y").await.expect("sent");
    assert!(rest(busy).await.starts_with("HTTP/1.1 401 "), "it was not cut");
    assert_eq!(timeout(DEADLINE, next).await.expect("its turn comes").expect("runs"), 200);
    server.stop();
}

#[tokio::test]
async fn hundreds_that_never_finish_a_request_keep_nobody_out() {
    let world = World::new();
    let server = serve(&world, "");
    let mut half_open = Vec::new();
    for _ in 0..400 {
        let mut stream = connect(&server).await;
        stream.write_all(b"POST /token HTTP/1.1\r\nx: ").await.expect("sent");
        half_open.push(stream);
    }
    let door = Door::http(server.address);
    for _ in 0..50 {
        assert_eq!(timeout(DEADLINE, door.get("/readyz")).await.expect("an answer").status, 200);
    }
    server.stop();
}
