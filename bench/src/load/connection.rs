//! As little of an HTTP/1.1 client as can tell one answer from the next — RFC 9112 §6.3: the load must cost less than
//! what it measures.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::told;

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
    body: usize,
}

/// The status of an answer.
#[derive(Clone, Copy)]
pub(crate) struct Status(u16);

impl Status {
    /// Whether it is this one.
    pub(crate) fn expect(self, status: u16) -> Result<(), String> {
        if self.0 == status { Ok(()) } else { Err(format!("answered {} where {status} was due", self.0)) }
    }
}

impl Connection {
    pub(crate) async fn open(port: u16) -> Result<Self, String> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await.map_err(told)?;
        stream.set_nodelay(true).map_err(told)?;
        Ok(Self { stream, buffer: Vec::with_capacity(16 * 1024), body: 0 })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Status, String> {
        self.stream.write_all(request).await.map_err(told)?;
        self.buffer.clear();
        loop {
            if self.stream.read_buf(&mut self.buffer).await.map_err(told)? == 0 {
                return Err("the connection was closed".to_owned());
            }
            let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            self.body = head + 4;
            let whole = self.body + self.length()?;
            while self.buffer.len() < whole {
                if self.stream.read_buf(&mut self.buffer).await.map_err(told)? == 0 {
                    return Err("the connection was closed within an answer".to_owned());
                }
            }
            let status = self.buffer.get(9..12).and_then(|s| std::str::from_utf8(s).ok());
            let status = status.and_then(|s| s.parse().ok()).ok_or("an answer without a status")?;
            return Ok(Status(status));
        }
    }

    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let head = std::str::from_utf8(&self.buffer[..self.body]).ok()?;
        head.lines().find_map(|line| {
            let (found, value) = line.split_once(": ")?;
            found.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    /// A text member of a JSON body that holds no escapes.
    pub(crate) fn member(&self, name: &str) -> Result<String, String> {
        let body = String::from_utf8_lossy(&self.buffer[self.body..]);
        let value = body.split_once(&format!("\"{name}\":\"")).and_then(|(_, rest)| rest.split_once('"'));
        value.map(|(value, _)| value.to_owned()).ok_or_else(|| format!("no {name} in an answer"))
    }

    /// The header lines but those that every server sets, and the body.
    pub(crate) fn whole(&self) -> (Vec<(String, String)>, String) {
        let head = String::from_utf8_lossy(&self.buffer[..self.body]);
        let own = |name: &str| !["date", "content-length"].contains(&name);
        let lines = head.lines().filter_map(|line| line.split_once(": "));
        let lines = lines.filter(|(name, _)| own(name)).map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
        (lines, String::from_utf8_lossy(&self.buffer[self.body..]).into_owned())
    }

    fn length(&self) -> Result<usize, String> {
        self.header("content-length").map_or(Ok(0), |length| length.parse().map_err(told))
    }
}
