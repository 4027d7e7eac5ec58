//! Which addresses are public. The list is that of the special-purpose registries (RFC 6890 and its successors): whatever
//! is not for everybody's use is refused, among it the addresses at which clouds hand out credentials (169.254.169.254).

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

/// A host that may not be reached, with the reason.
#[derive(Debug)]
pub(super) struct Forbidden(pub(super) String);

impl std::fmt::Display for Forbidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Forbidden {}

/// A host as it is compared: lower case, without the dot of a full name and without the brackets of IPv6.
pub(super) fn host_key(host: &str) -> String {
    host.trim().trim_end_matches('.').trim_matches(['[', ']']).to_ascii_lowercase()
}

/// Judges an address that is written as numbers, which no look-up ever sees. The reader of URLs has brought its many
/// spellings (`0x7f.1`, `2130706433`) into one.
pub(super) fn check_written(url: &Url, allow_private: &BTreeSet<String>) -> Result<(), Forbidden> {
    let host = host_key(url.host_str().unwrap_or_default());
    if !matches!(url.scheme(), "http" | "https") || host.is_empty() {
        return Err(Forbidden("only http and https addresses are fetched".to_owned()));
    }
    match host.parse::<IpAddr>() {
        Ok(address) if !is_public(address) && !allow_private.contains(&host) => Err(refusal(&host, address)),
        _ => Ok(()),
    }
}

fn refusal(host: &str, address: IpAddr) -> Forbidden {
    let place = if host.parse::<IpAddr>().is_ok() { String::new() } else { format!("{host} lies at ") };
    Forbidden(format!(
        "{place}{address}, an address that is private or reserved; list \"{host}\" in `allow_private` if it is meant"
    ))
}

/// Looks names up and lets none through that lies at an address which is not public. The connection goes to the addresses
/// that were judged: there is no second look-up that could answer otherwise.
pub(super) struct Checking {
    pub(super) allow_private: Arc<BTreeSet<String>>,
}

impl Resolve for Checking {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = Arc::clone(&self.allow_private);
        Box::pin(async move {
            let host = host_key(name.as_str());
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            judge(&host, &found, &allow_private)?;
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// One private address among public ones is enough to refuse: only somebody who wants to be let in names both.
fn judge(host: &str, found: &[SocketAddr], allow_private: &BTreeSet<String>) -> Result<(), Forbidden> {
    let private = found.iter().find(|address| !is_public(address.ip()));
    match private {
        Some(address) if !allow_private.contains(host) => Err(refusal(host, address.ip())),
        _ => Ok(()),
    }
}

/// Whether everybody may have this address.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// `(network, length of its prefix)`
const RESERVED_V4: &[(Ipv4Addr, u32)] = &[
    (Ipv4Addr::new(0, 0, 0, 0), 8),       // this network
    (Ipv4Addr::new(10, 0, 0, 0), 8),      // private
    (Ipv4Addr::new(100, 64, 0, 0), 10),   // behind a provider's NAT
    (Ipv4Addr::new(127, 0, 0, 0), 8),     // this machine
    (Ipv4Addr::new(169, 254, 0, 0), 16),  // link, and the clouds' metadata
    (Ipv4Addr::new(172, 16, 0, 0), 12),   // private
    (Ipv4Addr::new(192, 0, 0, 0), 24),    // protocols
    (Ipv4Addr::new(192, 0, 2, 0), 24),    // documentation
    (Ipv4Addr::new(192, 88, 99, 0), 24),  // 6to4 relays
    (Ipv4Addr::new(192, 168, 0, 0), 16),  // private
    (Ipv4Addr::new(198, 18, 0, 0), 15),   // measuring
    (Ipv4Addr::new(198, 51, 100, 0), 24), // documentation
    (Ipv4Addr::new(203, 0, 113, 0), 24),  // documentation
    (Ipv4Addr::new(224, 0, 0, 0), 3),     // many receivers, reserved, everybody
];

fn is_public_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    !RESERVED_V4.iter().any(|(network, length)| (bits ^ u32::from(*network)) >> (32 - length) == 0)
}

/// Of IPv6 only 2000::/3 is given out, and some of it for other ends.
const RESERVED_V6: &[(Ipv6Addr, u32)] = &[
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23), // protocols, Teredo
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32), // documentation
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16), // 6to4, which may hold any IPv4 address
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20), // documentation
];

/// RFC 6052: an IPv4 address behind a translator.
const TRANSLATED: Ipv6Addr = Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, 0, 0);

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(mapped) = address.to_ipv4_mapped() {
        return is_public_v4(mapped);
    }
    let bits = u128::from(address);
    let within = |network: Ipv6Addr, length: u32| (bits ^ u128::from(network)) >> (128 - length) == 0;
    if within(TRANSLATED, 96) {
        let [.., a, b, c, d] = address.octets();
        return is_public_v4(Ipv4Addr::new(a, b, c, d));
    }
    bits >> 125 == 1 && !RESERVED_V6.iter().any(|(network, length)| within(*network, *length))
}

#[cfg(test)]
mod tests;
