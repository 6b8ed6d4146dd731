//! A country database in MaxMind's format, small enough to be written here: a binary trie of 24-bit
//! records, the data, and the metadata (MaxMind DB file format, version 2.0).

use std::path::Path;

use ipnet::Ipv4Net;

const NOTHING: usize = usize::MAX;

#[derive(Clone, Copy)]
enum Record {
    Node(usize),
    Data(usize),
}

fn text(value: &str) -> Vec<u8> {
    [&[0x40 | value.len() as u8], value.as_bytes()].concat()
}

fn number(kind: u8, value: u32) -> Vec<u8> {
    [&[kind << 5 | 4][..], &value.to_be_bytes()].concat()
}

fn short(value: u16) -> Vec<u8> {
    [&[5 << 5 | 2][..], &value.to_be_bytes()].concat()
}

fn map(pairs: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let body = pairs.iter().flat_map(|(key, value)| [text(key), value.clone()].concat());
    [7 << 5 | pairs.len() as u8].into_iter().chain(body).collect()
}

/// Writes a database that knows these IPv4 networks, which must not overlap, and their countries.
pub fn write_country_database(path: &Path, networks: &[(&str, &str)]) {
    let mut nodes = vec![[Record::Node(NOTHING); 2]];
    let mut data = Vec::new();
    for (network, country) in networks {
        let network: Ipv4Net = network.parse().expect("a network");
        let at = data.len();
        data.extend(map(&[("country", map(&[("iso_code", text(country))]))]));
        let bit = |depth: u8| (u32::from(network.network()) >> (31 - depth) & 1) as usize;
        let mut node = 0;
        for depth in 0..network.prefix_len() - 1 {
            node = match nodes[node][bit(depth)] {
                Record::Node(next) if next != NOTHING => next,
                _ => {
                    nodes.push([Record::Node(NOTHING); 2]);
                    let fresh = nodes.len() - 1;
                    nodes[node][bit(depth)] = Record::Node(fresh);
                    fresh
                }
            };
        }
        nodes[node][bit(network.prefix_len() - 1)] = Record::Data(at);
    }
    let count = nodes.len();
    let value = |record: &Record| match record {
        Record::Node(NOTHING) => count,
        Record::Node(next) => *next,
        Record::Data(at) => count + 16 + at,
    };
    let tree =
        nodes.iter().flatten().flat_map(|record| (value(record) as u32).to_be_bytes().into_iter().skip(1));
    let metadata = map(&[
        ("binary_format_major_version", short(2)),
        ("binary_format_minor_version", short(0)),
        ("build_epoch", vec![4, 2, 0, 0, 0, 1]),
        ("database_type", text("Test-Country")),
        ("description", map(&[])),
        ("ip_version", short(4)),
        ("languages", vec![0, 4]),
        ("node_count", number(6, count as u32)),
        ("record_size", short(24)),
    ]);
    let marker = b"\xab\xcd\xefMaxMind.com".iter().copied();
    let file: Vec<u8> = tree.chain([0; 16]).chain(data).chain(marker).chain(metadata).collect();
    std::fs::write(path, file).expect("a writable folder");
}
