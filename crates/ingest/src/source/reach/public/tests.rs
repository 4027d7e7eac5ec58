//! Which addresses may be reached, as a table.

use super::{check_written, host_key, is_public, judge};
use reqwest::Url;
use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

#[test]
fn addresses_that_are_for_everybody_and_those_that_are_not() {
    let public = ["8.8.8.8", "1.1.1.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "223.255.255.255"];
    let public_v6 = ["2606:4700::1111", "2a00:1450:4001::5", "64:ff9b::8.8.8.8", "::ffff:8.8.8.8", "2001:4860::8888"];
    for text in public.iter().chain(&public_v6) {
        assert!(is_public(text.parse().expect("an address")), "{text}");
    }
    let refused = [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.7",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.255.255",
        "198.51.100.1",
        "203.0.113.9",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
    ];
    let refused_v6 = [
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "4000::1",
    ];
    for text in refused.iter().chain(&refused_v6) {
        assert!(!is_public(text.parse().expect("an address")), "{text}");
    }
}

#[test]
fn an_address_in_numbers_is_judged_in_whatever_spelling() {
    let allowed = BTreeSet::from([host_key("10.0.0.7"), host_key("[::1]")]);
    for text in [
        "http://127.0.0.1/",
        "http://0x7f.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://[::ffff:7f00:1]/",
        "http://169.254.169.254/latest/meta-data",
        "http://10.0.0.8/",
        "http://[fe80::1]/",
        "http://127.0.0.1./",
        "ftp://example.com/",
        "file:///etc/passwd",
    ] {
        let url = Url::parse(text).expect("an address");
        assert!(check_written(&url, &allowed).is_err(), "{text}");
    }
    for text in ["http://10.0.0.7/", "http://[::1]:8080/", "https://example.com/", "http://8.8.8.8/"] {
        let url = Url::parse(text).expect("an address");
        assert!(check_written(&url, &allowed).is_ok(), "{text}");
    }
}

#[test]
fn one_private_address_among_public_ones_refuses_the_name() {
    let at = |text: &str| SocketAddr::new(text.parse::<IpAddr>().expect("an address"), 0);
    let nobody = BTreeSet::new();
    assert!(judge("example.com", &[at("8.8.8.8"), at("2606:4700::1")], &nobody).is_ok());
    let refused = judge("example.com", &[at("8.8.8.8"), at("192.168.0.1")], &nobody).expect_err("refused").to_string();
    assert!(refused.starts_with("example.com lies at 192.168.0.1, an address that is private"), "{refused}");
    let allowed = BTreeSet::from([host_key("Example.COM.")]);
    assert!(judge("example.com", &[at("192.168.0.1")], &allowed).is_ok());
}
