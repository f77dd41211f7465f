//! The hosts of an own network that may be fetched from all the same.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::network::Network;

/// What an operator allows: a host, a host at one port, or a network of addresses.
///
/// Entries read `keys.internal`, `keys.internal:8443`, `192.168.7.9`, `[fd00::1]:8443`, `10.0.0.0/8`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    written: String,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    Host { host: String, port: Option<u16> },
    Network { network: Network, port: Option<u16> },
}

/// An entry that names nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a host (keys.internal), a host with its port (keys.internal:8443) or a network (10.0.0.0/8)"
)]
pub struct NotAllowable(String);

impl Allowed {
    /// Whether the host of a URL, as it is written there in lower case, is meant.
    pub(super) fn names(&self, host: &str, port: u16) -> bool {
        match &self.what {
            What::Host { host: allowed, port: at } => allowed == host && at.is_none_or(|at| at == port),
            What::Network { .. } => false,
        }
    }

    /// Whether an address that a name has led to is meant.
    pub(super) fn holds(&self, address: IpAddr, port: u16) -> bool {
        match &self.what {
            What::Host { .. } => false,
            What::Network { network, port: at } => {
                network.contains(address.to_canonical()) && at.is_none_or(|at| at == port)
            }
        }
    }
}

impl FromStr for Allowed {
    type Err = NotAllowable;

    fn from_str(text: &str) -> Result<Self, NotAllowable> {
        let wrong = || NotAllowable(text.chars().take(80).collect());
        let entry = |what| Self { written: text.to_owned(), what };
        if let Ok(network) = text.parse::<Network>() {
            return Ok(entry(What::Network { network, port: None }));
        }
        let (host, port) = match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port.parse().ok().filter(|p| *p > 0).ok_or_else(wrong)?)),
            None => (text, None),
        };
        if let (Ok(network), false) = (host.parse::<Network>(), host.contains('/')) {
            return Ok(entry(What::Network { network, port }));
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        // A name whose last label is a number is an address in a spelling that only some programs read.
        let number = host.rsplit('.').next().is_some_and(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if host.len() > 253 || number || !host.split('.').all(label) {
            return Err(wrong());
        }
        Ok(entry(What::Host { host: host.to_ascii_lowercase(), port }))
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(text: &str) -> Allowed {
        text.parse().expect("an entry")
    }

    #[test]
    fn a_host_is_meant_with_its_port_or_with_any() {
        assert!(allowed("Keys.Internal").names("keys.internal", 443));
        assert!(allowed("keys.internal:8443").names("keys.internal", 8443));
        assert!(!allowed("keys.internal:8443").names("keys.internal", 443));
        for other in ["internal", "x.keys.internal", "keys.internal.", "keys.internal.example"] {
            assert!(!allowed("keys.internal").names(other, 443), "{other}");
        }
    }

    #[test]
    fn a_network_is_meant_by_its_addresses() {
        let address = |text: &str| text.parse().expect("an address");
        assert!(allowed("10.0.0.0/8").holds(address("10.1.2.3"), 443));
        assert!(allowed("10.0.0.0/8").holds(address("::ffff:10.1.2.3"), 443));
        assert!(!allowed("10.0.0.0/8").holds(address("11.1.2.3"), 443));
        assert!(allowed("127.0.0.1:8443").holds(address("127.0.0.1"), 8443));
        assert!(!allowed("127.0.0.1:8443").holds(address("127.0.0.1"), 443));
        assert!(allowed("[::1]:8443").holds(address("::1"), 8443));
        assert!(allowed("::1").holds(address("::1"), 1));
    }

    #[test]
    fn what_names_nothing_is_not_read() {
        for text in [
            "",
            "a b",
            "https://a.example",
            "a.example/path",
            "a.example:0",
            "a.example:99999",
            "a.example:",
            "*.example",
            "10.0.0.0/33",
            "10.0.0.0/8:443",
            "127.1",
            "2130706433",
            "a..example",
            "user@a.example",
        ] {
            assert!(text.parse::<Allowed>().is_err(), "{text:?}");
        }
    }
}
