//! Which addresses are somebody's own network — RFC 6890 and the registries of IANA that it began: whoever makes us
//! fetch a URL must not reach through us what they cannot reach themselves.

use std::net::{IpAddr, Ipv4Addr};

use crate::network::Network;

const NOT_PUBLIC_V4: [(Network, &str); 17] = [
    (Network::v4(0, 0, 0, 0, 8), "an address of this machine"),
    (Network::v4(10, 0, 0, 0, 8), "a private address"),
    (Network::v4(100, 64, 0, 0, 10), "an address behind a carrier's NAT"),
    (Network::v4(127, 0, 0, 0, 8), "a loopback address"),
    // The machine's own cloud answers at one of them, with its credentials.
    (Network::v4(168, 63, 129, 16, 32), "a metadata address"),
    (Network::v4(169, 254, 0, 0, 16), "a link-local or metadata address"),
    (Network::v4(172, 16, 0, 0, 12), "a private address"),
    (Network::v4(192, 0, 0, 0, 24), "an address for protocols"),
    (Network::v4(192, 0, 2, 0, 24), "an address for documentation"),
    (Network::v4(192, 88, 99, 0, 24), "a 6to4 relay"),
    (Network::v4(192, 168, 0, 0, 16), "a private address"),
    (Network::v4(198, 18, 0, 0, 15), "an address for benchmarks"),
    (Network::v4(198, 51, 100, 0, 24), "an address for documentation"),
    (Network::v4(203, 0, 113, 0, 24), "an address for documentation"),
    (Network::v4(224, 0, 0, 0, 4), "a multicast address"),
    (Network::v4(255, 255, 255, 255, 32), "the broadcast address"),
    (Network::v4(240, 0, 0, 0, 4), "a reserved address"),
];

/// The only part of IPv6 that is given out to networks of the Internet.
const GLOBAL_UNICAST: Network = Network::v6(0x2000, 0, 0, 3);
/// RFC 6052 §2.1: an IPv4 address in its last 32 bits, which is what networks without IPv4 reach the others by.
const NAT64: Network = Network::v6(0x64, 0xff9b, 0, 96);

const NOT_PUBLIC_V6: [(Network, &str); 4] = [
    // Teredo, benchmarks, ORCHID.
    (Network::v6(0x2001, 0, 0, 23), "an address for protocols"),
    (Network::v6(0x2001, 0xdb8, 0, 32), "an address for documentation"),
    (Network::v6(0x2002, 0, 0, 16), "a 6to4 address"),
    (Network::v6(0x3fff, 0, 0, 20), "an address for documentation"),
];

const ELSEWHERE_IN_V6: [(Network, &str); 4] = [
    (Network::v6(0xfc00, 0, 0, 7), "a private address"),
    (Network::v6(0xfe80, 0, 0, 10), "a link-local address"),
    (Network::v6(0xfec0, 0, 0, 10), "a site-local address"),
    (Network::v6(0xff00, 0, 0, 8), "a multicast address"),
];

/// What an address is if not everybody's; `None` for an address of the Internet.
pub(super) fn not_public(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(_) => named(&NOT_PUBLIC_V4, address),
        IpAddr::V6(v6) if NAT64.contains(address) => {
            let [.., a, b, c, d] = v6.octets();
            named(&NOT_PUBLIC_V4, Ipv4Addr::new(a, b, c, d).into())
        }
        IpAddr::V6(v6) if v6.is_loopback() || v6.is_unspecified() => Some("a loopback address"),
        // No name server has a reason to answer with one.
        IpAddr::V6(v6) if v6.to_ipv4_mapped().is_some() => Some("an IPv4 address in the form of IPv6"),
        IpAddr::V6(_) if GLOBAL_UNICAST.contains(address) => named(&NOT_PUBLIC_V6, address),
        IpAddr::V6(_) => named(&ELSEWHERE_IN_V6, address).or(Some("a reserved address")),
    }
}

fn named(networks: &[(Network, &'static str)], address: IpAddr) -> Option<&'static str> {
    networks.iter().find(|(network, _)| network.contains(address)).map(|(_, what)| *what)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// security.md 30: one of each block, at both its ends.
    #[test]
    fn addresses_of_own_networks_are_not_public() {
        for address in [
            "0.0.0.0",
            "0.255.255.255",
            "10.0.0.0",
            "10.255.255.255",
            "100.64.0.0",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.255.254",
            "168.63.129.16",
            "169.254.0.0",
            "169.254.169.254",
            "169.254.170.2",
            "172.16.0.0",
            "172.31.255.255",
            "192.0.0.170",
            "192.0.2.1",
            "192.88.99.1",
            "192.168.0.0",
            "192.168.255.255",
            "198.18.0.0",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.7",
            "224.0.0.1",
            "239.255.255.255",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:7f00:1",
            "::ffff:8.8.8.8",
            "::ffff:0:127.0.0.1",
            "64:ff9b::127.0.0.1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b::10.1.2.3",
            "64:ff9b:1::8.8.8.8",
            "100::1",
            "2001::1",
            "2001:0:7f00:1::",
            "2001:2::1",
            "2001:10::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "2002:808:808::1",
            "3fff::1",
            "5f00::1",
            "fc00::1",
            "fd00:ec2::254",
            "fd20:ce::254",
            "fdff:ffff::1",
            "fe80::1",
            "febf::1",
            "fec0::1",
            "ff02::1",
            "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
        ] {
            let parsed: IpAddr = address.parse().expect("an address");
            assert!(not_public(parsed).is_some(), "{address}");
        }
    }

    #[test]
    fn addresses_of_the_internet_are_public() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.1",
            "168.63.129.17",
            "169.253.255.255",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "64:ff9b::8.8.8.8",
            "2001:200::1",
            "2001:4860:4860::8888",
            "2606:4700:4700::1111",
            "2a00:1450::1",
        ] {
            let parsed: IpAddr = address.parse().expect("an address");
            assert_eq!(not_public(parsed), None, "{address}");
        }
    }
}
