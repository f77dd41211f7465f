//! A server process: it says its port on standard output, and ends when its standard input does, so that none is left
//! behind whatever becomes of the one that started it.

use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;

use crate::told;

/// A listener on a free port of this machine, with the port.
pub(crate) async fn listen() -> Result<(TcpListener, u16), String> {
    let listener = TcpListener::bind("127.0.0.1:0").await.map_err(told)?;
    let port = listener.local_addr().map_err(told)?.port();
    Ok((listener, port))
}

/// Tells the port, and waits for the end of standard input.
pub(crate) async fn stand(port: u16) -> Result<(), String> {
    println!("{port}");
    let mut rest = Vec::new();
    tokio::io::stdin().read_to_end(&mut rest).await.map_err(told)?;
    Ok(())
}
