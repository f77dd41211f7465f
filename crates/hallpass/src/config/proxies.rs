//! `trusted_proxies`: how the addresses of clients are known.

use hallpass_server::config::ClientAddress;

use super::document::{Reading, Table};

/// Where TLS ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Tls {
    /// In this program, or there is none.
    EndsHere,
    /// In a proxy before it.
    EndsBefore,
}

/// Where TLS ends before this program, every connection is that of some proxy, and the address of its other end is
/// nobody's who is of interest.
pub(super) fn read(reading: &mut Reading, table: &mut Table<'_>, tls: Tls) -> ClientAddress {
    let Some(texts) = table.texts(reading, "trusted_proxies") else {
        return match tls {
            Tls::EndsHere => ClientAddress::Connection,
            Tls::EndsBefore => ClientAddress::Unknown,
        };
    };
    let mut networks = Vec::new();
    for text in texts {
        match text.value.parse() {
            Ok(network) => networks.push(network),
            Err(why) => {
                table.wrong(reading, text.line, "trusted_proxies", &format!("{:?} {why}", text.written))
            }
        }
    }
    ClientAddress::BehindProxies(networks)
}
