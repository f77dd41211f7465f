//! The end: no new connections, and whatever was asked is answered.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::world::{DEADLINE, World};

const CONFIG: &str =
    "issuer = \"http://localhost:9000\"\nlisten = \"127.0.0.1:0\"\ndatabase = \"hallpass.db\"\n";

#[tokio::test]
async fn a_request_in_flight_is_answered_after_the_signal_to_stop() {
    for signal in ["TERM", "INT"] {
        let world = World::new();
        world.write("hallpass.toml", CONFIG);
        let server = world.serve();
        let body = "grant_type=client_credentials&client_id=nobody";
        let (first, rest) = body.split_at(10);
        let mut stream = TcpStream::connect(server.address).await.expect("a connection");
        let head = format!(
            "POST /token HTTP/1.1\r\nhost: localhost\r\nexpect: 100-continue\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await.expect("sent");
        // The server asks for the body: the request is being read.
        let mut go_on = [0; 25];
        stream.read_exact(&mut go_on).await.expect("an answer");
        assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
        stream.write_all(first.as_bytes()).await.expect("sent");

        server.signal(signal);
        let refused = async {
            while TcpStream::connect(server.address).await.is_ok() {
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(DEADLINE, refused).await.expect("nobody listens any more");

        stream.write_all(rest.as_bytes()).await.expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer, and the end");
        assert!(
            answer.starts_with("HTTP/1.1 401 ") && answer.contains("invalid_client"),
            "{signal}: {answer}"
        );
        let (status, said) = server.end();
        assert_eq!(status.code(), Some(0), "{said}");
        assert!(said.contains("stopped") && !said.contains("cut off"), "{said}");
        // The write-ahead log was put into the file: a copy of it is whole.
        assert!(!world.directory.join("hallpass.db-wal").exists());
    }
}

#[tokio::test]
async fn an_idle_connection_keeps_nobody_waiting() {
    let world = World::new();
    world.write("hallpass.toml", CONFIG);
    let server = world.serve();
    let mut connection = super::connection::Door::http(server.address).connect().await.expect("a connection");
    assert_eq!(connection.send(super::connection::get("/livez")).await.status, 200);
    server.signal("TERM");
    let (status, said) = server.end();
    assert!(status.success() && !said.contains("cut off"), "{said}");
}
