//! An issuer at a port of this machine, and the program.

use std::process::{Output, Stdio};

use hallpass_proto::env::Env;
use hallpass_proto::issuer::Issuer;
use hallpass_server::config::Config;
use hallpass_server::core::Server;
use hallpass_server::store::memory::MemoryStore;
use hallpass_server::store::{Clients as _, Users as _};
use hallpass_testkit::{Browser, fixture};
use std::sync::Arc;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// The server, with the clients and people of the fixture, by the machine's clock.
pub(crate) struct World {
    pub(crate) issuer: String,
    router: axum::Router,
}

impl World {
    pub(crate) async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let issuer = format!("http://127.0.0.1:{}", listener.local_addr().expect("bound").port());
        let (env, store) = (Env::system(), Arc::new(MemoryStore::new()));
        for client in fixture::clients() {
            store.put_client(&client).await.expect("recorded");
        }
        for user in [fixture::ada(&env), fixture::grace(&env)] {
            store.put_user(&user).await.expect("recorded");
        }
        let config = Config::new(Issuer::parse(&issuer).expect("an issuer"));
        let server = Server::new(config, env, store).await.expect("starts");
        let (router, served) = (server.router(), server.router());
        tokio::spawn(async move { axum::serve(listener, served).await });
        Self { issuer, router }
    }

    /// A person's browser.
    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.router.clone(), Issuer::parse(&self.issuer).expect("an issuer"))
    }
}

/// The program with its arguments.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_hallpass"));
    command.args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    for name in ["HALLPASS_ISSUER", "HALLPASS_CLIENT_ID", "HALLPASS_CLIENT_SECRET", "HALLPASS_LOG"] {
        command.env_remove(name);
    }
    command.kill_on_drop(true);
    command
}

/// Runs it to its end with something to read.
pub(crate) async fn run(mut command: Command, input: &str) -> Output {
    let mut child: Child = command.spawn().expect("starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    let _ = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    child.wait_with_output().await.expect("ends")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// A token of the service, by the program.
pub(crate) async fn token_of(world: &World) -> String {
    let mut command = command(&[
        "token",
        "--issuer",
        &world.issuer,
        "--client-id",
        "service",
        "--flow",
        "client-credentials",
        "--show",
        "access-token",
    ]);
    command.env("HALLPASS_CLIENT_SECRET", fixture::SECRET);
    let output = run(command, "").await;
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout).trim().to_owned()
}
