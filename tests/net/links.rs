//! Routes, addresses, groups and counts of devices against `ip`.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, UdpSocket},
    thread,
    time::{Duration, Instant},
};

use psgo::Value;

use super::{in_own_network, ip, records, text};

/// A network with two devices that are one another's end, addresses, routes and a neighbour.
fn furnish() {
    for words in [
        "link add far type veth peer name near",
        "link set far up",
        "link set near up",
        "addr add 192.0.2.1/24 dev far",
        "-6 addr add 2001:db8::1/64 dev far nodad",
        "route add default via 192.0.2.254 metric 77",
        "route add 198.51.100.0/25 via 192.0.2.253 dev far",
        "-6 route add default via 2001:db8::2",
        "neigh add 192.0.2.9 lladdr 02:00:00:00:00:09 dev far",
    ] {
        ip(words);
    }
}

/// What `ip` says, in JSON.
fn said(words: &str) -> Vec<serde_json::Value> {
    let answer = ip(&format!("-j {words}"));
    serde_json::from_str(&answer).unwrap_or_else(|error| panic!("{words}: {error}: {answer}"))
}

/// The member's text, or nothing.
fn member<'a>(of: &'a serde_json::Value, name: &str) -> &'a str {
    of[name].as_str().unwrap_or_default()
}

fn number(of: &serde_json::Value, name: &str) -> String {
    of[name].as_u64().unwrap_or_default().to_string()
}

/// Devices settle after they came up: both have to say the same, once.
fn agree(what: &str, seen: impl Fn() -> BTreeSet<String>, said: impl Fn() -> BTreeSet<String>) {
    let mut last = (BTreeSet::new(), BTreeSet::new());
    let deadline = Instant::now() + Duration::from_secs(20);
    while Instant::now() < deadline {
        last = (seen(), said());
        assert!(!last.1.is_empty(), "{what}: ip says nothing");
        if last.0 == last.1 {
            return;
        }
        thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(last.0, last.1, "{what}");
}

#[test]
fn routes_are_what_ip_says() {
    in_own_network(|| {
        furnish();
        let seen = || {
            let rows = records("route").into_iter();
            rows.map(|row| {
                let mask: Ipv4Addr = text(&row, "mask").parse().unwrap();
                let (to, bits) = (text(&row, "destination"), mask.to_bits().count_ones());
                let (gateway, device) = (text(&row, "gateway"), text(&row, "iface"));
                let metric = text(&row, "metric");
                assert_eq!(
                    gateway != "0.0.0.0",
                    text(&row, "flags").contains("GATEWAY")
                );
                format!("{to}/{bits} {gateway} {device} {metric}")
            })
            .collect()
        };
        let said_four = || {
            let routes = said("route show table main");
            let line = |route: &serde_json::Value| {
                let to = match member(route, "dst") {
                    "default" => "0.0.0.0/0",
                    to => to,
                };
                let gateway = match member(route, "gateway") {
                    "" => "0.0.0.0",
                    gateway => gateway,
                };
                let (device, metric) = (member(route, "dev"), number(route, "metric"));
                format!("{to} {gateway} {device} {metric}")
            };
            routes.iter().map(line).collect()
        };
        agree("route", seen, said_four);

        let seen = || {
            let rows = records("ipv6_route").into_iter();
            // The route that all look-ups without one come to is nobody's.
            let real = rows.filter(|row| text(row, "metric") != u32::MAX.to_string());
            real.map(|row| {
                let (to, bits) = (text(&row, "destination"), text(&row, "destination_len"));
                let (gateway, device) = (text(&row, "next_hop"), text(&row, "device"));
                let metric = text(&row, "metric");
                format!("{to}/{bits} {gateway} {device} {metric}")
            })
            .collect()
        };
        let said_six = || {
            let routes = said("-6 route show table all");
            let line = |route: &serde_json::Value| {
                let to = match member(route, "dst") {
                    "default" => "::/0".to_owned(),
                    to if to.contains('/') => to.to_owned(),
                    to => format!("{to}/128"),
                };
                let gateway = match member(route, "gateway") {
                    "" => "::",
                    gateway => gateway,
                };
                let (device, metric) = (member(route, "dev"), number(route, "metric"));
                format!("{to} {gateway} {device} {metric}")
            };
            routes.iter().map(line).collect()
        };
        agree("ipv6_route", seen, said_six);
    });
}

#[test]
fn addresses_and_neighbours_are_what_ip_says() {
    in_own_network(|| {
        furnish();
        let seen = || {
            let rows = records("if_inet6").into_iter();
            rows.map(|row| {
                let cells = ["ifindex", "device", "address", "prefix_len", "scope"];
                let tentative = text(&row, "flags").contains("TENTATIVE");
                format!("{:?} {tentative}", cells.map(|name| text(&row, name)))
            })
            .collect()
        };
        let said_addresses = || {
            let links = said("-6 addr");
            let addresses = links.iter().flat_map(|link| {
                let addresses = link["addr_info"].as_array().unwrap().iter();
                addresses.map(move |address| {
                    let cells = [
                        number(link, "ifindex"),
                        member(link, "ifname").to_owned(),
                        member(address, "local").to_owned(),
                        number(address, "prefixlen"),
                        member(address, "scope").to_owned(),
                    ];
                    let tentative = address["tentative"].as_bool().unwrap_or_default();
                    format!("{cells:?} {tentative}")
                })
            });
            addresses.collect()
        };
        agree("if_inet6", seen, said_addresses);

        let seen = || {
            let rows = records("arp").into_iter();
            rows.map(|row| {
                assert_eq!(text(&row, "flags"), "COM,PERM");
                let cells = ["ip_address", "hw_address", "device"];
                format!("{:?}", cells.map(|name| text(&row, name)))
            })
            .collect()
        };
        let said_neighbours = || {
            let neighbours = said("-4 neigh show nud permanent");
            let cells = |neighbour: &serde_json::Value| {
                let cells = ["dst", "lladdr", "dev"];
                format!("{:?}", cells.map(|name| member(neighbour, name)))
            };
            neighbours.iter().map(cells).collect()
        };
        agree("arp", seen, said_neighbours);
    });
}

#[test]
fn groups_are_what_ip_says() {
    in_own_network(|| {
        furnish();
        let seen = || {
            let mut all = BTreeSet::new();
            for row in records("igmp") {
                let Some(Value::List(groups)) = row.find("groups") else {
                    panic!("{row}");
                };
                for group in groups {
                    let Value::Fields(group) = group else {
                        panic!("{group}");
                    };
                    let (device, group) = (text(&row, "device"), text(group, "group"));
                    all.insert(format!("{device} {group}"));
                }
            }
            for (file, name) in [("igmp6", "group"), ("dev_mcast", "address")] {
                for row in records(file) {
                    let (device, group) = (text(&row, "device"), text(&row, name));
                    all.insert(format!("{device} {group}"));
                }
            }
            all
        };
        let said_groups = || {
            let links = said("maddr");
            let groups = links.iter().flat_map(|link| {
                let groups = link["maddr"].as_array().unwrap().iter();
                groups.map(move |group| {
                    let address = [member(group, "address"), member(group, "link")].concat();
                    format!("{} {address}", member(link, "ifname"))
                })
            });
            groups.collect()
        };
        agree("groups", seen, said_groups);
    });
}

#[test]
fn what_devices_carried_is_what_ip_says() {
    in_own_network(|| {
        furnish();
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let to = socket.local_addr().unwrap();
        socket.send_to(b"one", to).unwrap();
        let seen = || {
            let rows = records("dev").into_iter();
            rows.map(|row| {
                let cells = [
                    "face",
                    "rx_bytes",
                    "rx_packets",
                    "rx_errs",
                    "rx_drop",
                    "multicast",
                    "tx_bytes",
                    "tx_packets",
                    "tx_errs",
                    "tx_drop",
                    "colls",
                ];
                format!("{:?}", cells.map(|name| text(&row, name)))
            })
            .collect()
        };
        let said_counts = || {
            let links = said("-s link");
            let cells = |link: &serde_json::Value| {
                let (rx, tx) = (&link["stats64"]["rx"], &link["stats64"]["tx"]);
                let cells = [
                    member(link, "ifname").to_owned(),
                    number(rx, "bytes"),
                    number(rx, "packets"),
                    number(rx, "errors"),
                    number(rx, "dropped"),
                    number(rx, "multicast"),
                    number(tx, "bytes"),
                    number(tx, "packets"),
                    number(tx, "errors"),
                    number(tx, "dropped"),
                    number(tx, "collisions"),
                ];
                format!("{cells:?}")
            };
            links.iter().map(cells).collect()
        };
        agree("dev", seen, said_counts);
        // With the headers of UDP and IP; this link has none.
        let lo = records("dev").into_iter().next().unwrap();
        assert_eq!(text(&lo, "rx_bytes"), (3 + 8 + 20).to_string());

        let snmp = records("snmp").into_iter().next().unwrap();
        for (name, value) in [("udp.OutDatagrams", 1), ("udp.NoPorts", 0)] {
            assert_eq!(snmp.find(name), Some(&Value::Int(value)), "{name}");
        }
        let stat = records("sockstat").into_iter().next().unwrap();
        assert_eq!(stat.find("udp.inuse"), Some(&Value::Int(1)));
    });
}
