//! Where a request comes from: the other end of the connection, or what a proxy of ours says of it.

use std::net::{IpAddr, SocketAddr};

use axum::extract::ConnectInfo;
use axum::http::HeaderMap;
use axum::http::request::Parts;

use crate::config::ClientAddress;

/// What a proxy appends the address to that it was called from.
const FORWARDED_FOR: &str = "x-forwarded-for";

/// The other end of the connection, if whoever serves it has said.
pub(super) fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(peer)| peer.ip().to_canonical())
}

/// The address of the client. A header counts only where a proxy that the operator has named puts it, and of its entries
/// the last one that no such proxy has: what stands before that, the client itself may have written.
pub(super) fn of_client(known: &ClientAddress, peer: Option<IpAddr>, headers: &HeaderMap) -> Option<IpAddr> {
    let proxies = match known {
        ClientAddress::Connection => return peer,
        ClientAddress::Unknown => return None,
        ClientAddress::BehindProxies(proxies) => proxies,
    };
    let is_proxy = |address: IpAddr| proxies.iter().any(|proxy| proxy.contains(address));
    let peer = peer?;
    if !is_proxy(peer) {
        return Some(peer);
    }
    let texts = headers.get_all(FORWARDED_FOR).iter().map(|value| value.to_str().unwrap_or_default());
    let entries: Vec<&str> = texts.flat_map(|text| text.split(',')).collect();
    for entry in entries.into_iter().rev() {
        // What cannot be read was not written by a proxy that says the truth.
        let address = read(entry.trim())?;
        if !is_proxy(address) {
            return Some(address);
        }
    }
    None
}

/// `192.0.2.7`, `192.0.2.7:4711`, `2001:db8::7`, `[2001:db8::7]:4711`.
fn read(entry: &str) -> Option<IpAddr> {
    let alone = entry.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(entry);
    let address = alone.parse().ok().or_else(|| entry.parse().ok().map(|socket: SocketAddr| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn told(known: &ClientAddress, peer: &str, forwarded: &[&'static str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_static(value));
        }
        of_client(known, peer.parse().ok(), &headers).map(|address| address.to_string())
    }

    fn behind(proxies: &[&str]) -> ClientAddress {
        ClientAddress::BehindProxies(proxies.iter().map(|p| p.parse().expect("a network")).collect())
    }

    #[test]
    fn a_header_counts_only_from_a_proxy_of_ours() {
        let ours = behind(&["10.0.0.0/8", "fd00::/8"]);
        for (peer, forwarded, expected) in [
            ("10.0.0.1", &["192.0.2.7"][..], Some("192.0.2.7")),
            ("10.0.0.1", &["198.51.100.1, 192.0.2.7"], Some("192.0.2.7")),
            ("10.0.0.1", &["198.51.100.1", "192.0.2.7, 10.0.0.9"], Some("192.0.2.7")),
            ("fd00::1", &["2001:db8::7"], Some("2001:db8::7")),
            ("10.0.0.1", &["[2001:db8::7]:4711"], Some("2001:db8::7")),
            ("10.0.0.1", &["[2001:db8::7]"], Some("2001:db8::7")),
            ("10.0.0.1", &["192.0.2.7:4711"], Some("192.0.2.7")),
            ("10.0.0.1", &["::ffff:192.0.2.7"], Some("192.0.2.7")),
            ("203.0.113.9", &["192.0.2.7"], Some("203.0.113.9")),
            ("10.0.0.1", &["10.0.0.2"], None),
            ("10.0.0.1", &[], None),
            ("10.0.0.1", &["unknown"], None),
            ("10.0.0.1", &["192.0.2.7, "], None),
            ("10.0.0.1", &["192.0.2.7, <script>"], None),
        ] {
            assert_eq!(told(&ours, peer, forwarded).as_deref(), expected, "{peer} {forwarded:?}");
        }
    }

    #[test]
    fn without_proxies_no_header_counts() {
        let forwarded = &["192.0.2.7"];
        let told = |known, peer| told(known, peer, forwarded);
        assert_eq!(told(&ClientAddress::Connection, "203.0.113.9").as_deref(), Some("203.0.113.9"));
        assert_eq!(told(&ClientAddress::Connection, "none"), None);
        assert_eq!(told(&ClientAddress::Unknown, "203.0.113.9"), None);
        assert_eq!(told(&behind(&["10.0.0.0/8"]), "none"), None);
    }
}
