//! Where to listen, and whether http may be spoken there.

use std::fmt;
use std::net::SocketAddr;

use hallpass_proto::issuer::Issuer;

use super::document::{Reading, Table, Text};

/// An address to listen on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address {
    /// One address of this machine, or all: `0.0.0.0:443`, `[::]:443`.
    Socket(SocketAddr),
    /// Both loopback addresses.
    Localhost(u16),
}

impl Address {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("localhost:") {
            Some(port) => port.parse().ok().map(Self::Localhost),
            None => text.parse().ok().map(Self::Socket),
        }
    }

    fn is_loopback(self) -> bool {
        match self {
            Self::Socket(address) => address.ip().is_loopback(),
            Self::Localhost(_) => true,
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Socket(address) => address.fmt(f),
            Self::Localhost(port) => write!(f, "localhost:{port}"),
        }
    }
}

/// Reads `listen`: one address or several, each with its line.
pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>) -> Vec<(Address, usize)> {
    if !table.has("listen") {
        let example = "`listen` is missing: such as listen = \"127.0.0.1:9000\" or [\"0.0.0.0:443\"]";
        reading.wrong(table.line, example);
        return vec![];
    }
    let line = table.line_of(reading, "listen");
    let texts: Vec<Text> = table.texts(reading, "listen").unwrap_or_default();
    if texts.is_empty() && reading.mistakes.is_empty() {
        table.wrong(reading, line.unwrap_or_default(), "listen", "names no address");
    }
    let mut addresses = Vec::new();
    for text in texts {
        match Address::parse(&text.value) {
            Some(address) => addresses.push((address, text.line)),
            None => {
                let why = format!(
                    "{:?} is not an address and a port: write \"127.0.0.1:9000\", \"localhost:9000\" or \"[::]:443\"",
                    text.written
                );
                table.wrong(reading, text.line, "listen", &why);
            }
        }
    }
    addresses
}

/// What is spoken on the addresses: https, http to a proxy, or http on this machine alone.
pub(super) struct Scheme<'a> {
    pub(super) issuer: &'a Issuer,
    /// The line of the issuer.
    pub(super) line: usize,
    /// The line of `[tls]`.
    pub(super) tls: Option<usize>,
    pub(super) behind_proxy: bool,
}

impl Scheme<'_> {
    /// Notes what does not go together.
    pub(super) fn check(&self, reading: &mut Reading, addresses: &[(Address, usize)]) {
        match (self.issuer.is_https(), self.tls) {
            (false, Some(line)) => {
                reading.wrong(line, "[tls] is given, but the issuer uses http: write the issuer with https");
            }
            (true, Some(line)) if self.behind_proxy => {
                reading.wrong(
                    line,
                    "[tls] and behind_proxy = true exclude each other: with [tls], TLS ends here",
                );
            }
            (true, Some(_)) => {}
            (true, None) if self.behind_proxy => {}
            (https, None) => {
                for (address, line) in addresses.iter().filter(|(address, _)| !address.is_loopback()) {
                    let why = if https {
                        "would speak http to everybody: give [tls], or say behind_proxy = true if only a proxy that ends TLS reaches it"
                    } else {
                        "is open to other machines, and http is for this machine alone: give an https issuer and [tls], or listen on 127.0.0.1"
                    };
                    reading.wrong(*line, format!("`listen` {address} {why}"));
                }
            }
        }
        if self.behind_proxy && !self.issuer.is_https() {
            reading.wrong(
                self.line,
                "behind_proxy = true needs an issuer with https: it is the URL that people see",
            );
        }
    }
}
