//! A gate between a store and the server: shut, nothing is there; mute, what the server answers gets lost.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

pub(crate) struct Gate {
    server: SocketAddr,
    address: SocketAddr,
    ways: Ways,
    open: Option<JoinHandle<()>>,
}

/// What goes through, both ways.
#[derive(Clone, Default)]
struct Ways {
    mute: Arc<AtomicBool>,
    asked: Arc<AtomicUsize>,
}

impl Gate {
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let ways = Ways::default();
        let open = Some(tokio::spawn(forward(listener, server, ways.clone())));
        Self { server, address, ways, open }
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// Cuts every connection, and refuses new ones.
    pub(crate) async fn shut(&mut self) {
        let open = self.open.take().expect("an open gate");
        open.abort();
        let _ = open.await;
    }

    pub(crate) async fn open(&mut self) {
        self.ways.mute.store(false, Ordering::SeqCst);
        let listener = TcpListener::bind(self.address).await.unwrap();
        self.open = Some(tokio::spawn(forward(listener, self.server, self.ways.clone())));
    }

    /// From now on the server hears, but is not heard.
    pub(crate) fn mute(&self) {
        self.ways.mute.store(true, Ordering::SeqCst);
    }

    /// How often the server was asked something.
    pub(crate) fn asked(&self) -> usize {
        self.ways.asked.load(Ordering::SeqCst)
    }
}

/// Ends, with all connections, when the task is aborted.
async fn forward(listener: TcpListener, server: SocketAddr, ways: Ways) {
    let mut pumps = JoinSet::new();
    loop {
        let (near, _) = listener.accept().await.unwrap();
        let Ok(far) = TcpStream::connect(server).await else { continue };
        let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
        pumps.spawn(ask(near_in, far_out, ways.asked.clone()));
        pumps.spawn(answer(far_in, near_out, ways.mute.clone()));
    }
}

async fn ask(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, asked: Arc<AtomicUsize>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        asked.fetch_add(1, Ordering::SeqCst);
        if to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mute: Arc<AtomicBool>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(n @ 1..) = from.read(&mut buffer).await {
        if !mute.load(Ordering::SeqCst) && to.write_all(&buffer[..n]).await.is_err() {
            return;
        }
    }
}
