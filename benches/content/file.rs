//! A file of claims like those of a mid-sized insurer: no two alike, every field filled.

use std::io::{BufWriter, Write as _};
use std::path::Path;

const FIRST: [&str; 16] = [
    "Ada", "Grace", "Alan", "Edsger", "Barbara", "Donald", "Frances", "John", "Jean", "Niklaus", "Margaret",
    "Dennis", "Radia", "Ken", "Shafi", "Leslie",
];
const LAST: [&str; 16] = [
    "Lovelace",
    "Hopper",
    "Turing",
    "Dijkstra",
    "Liskov",
    "Knuth",
    "Allen",
    "Backus",
    "Sammet",
    "Wirth",
    "Hamilton",
    "Ritchie",
    "Perlman",
    "Thompson",
    "Goldwasser",
    "Lamport",
];
const STATES: [&str; 7] = ["reported", "open", "approved", "denied", "settled", "closed", "withdrawn"];

/// Writes so many claims, a line of JSON each.
pub fn write(path: &Path, claims: u64) -> anyhow::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, std::fs::File::create(path)?);
    let mut number = Numbers(0x4c58);
    for at in 0..claims {
        writeln!(out, "{}", claim(at, &mut number))?;
    }
    out.flush()?;
    Ok(out.get_ref().metadata()?.len())
}

/// A claim with this number.
pub fn claim(at: u64, number: &mut Numbers) -> serde_json::Value {
    let (first, last) = (FIRST[number.below(16)], LAST[number.below(16)]);
    let (second, name) = (FIRST[number.below(16)], LAST[number.below(16)]);
    let day = 1 + number.below(28);
    serde_json::json!({
        "claim_number": format!("C-{at:09}"),
        "insurer": format!("Example Mutual {}", number.below(20)),
        "policy_number": format!("P-{:08}", number.below(100_000_000)),
        "friendly_name": format!("Lane {} rear bumper", number.below(900)),
        "state": STATES[number.below(7)],
        "lost_on": format!("2025-{:02}-{day:02}", 1 + number.below(12)),
        "reported_on": "2026-01-02",
        "parties": [
            {
                "role": "claimant", "name": format!("{first} {last}"),
                "phones": [format!("+1202555{:04}", number.below(10_000))],
                "emails": [format!("{}.{}{at}@example.com", first.to_lowercase(), last.to_lowercase())],
                "address": {"lines": [format!("{} Mill Lane", number.below(900))], "city": "Springfield", "region": "IL",
                    "postal_code": format!("{:05}", number.below(100_000)), "country": "US"},
            },
            {"role": "witness", "name": format!("{second} {name}"), "phones": [format!("+1303555{:04}", number.below(10_000))], "emails": []},
        ],
        "vehicle": {"vin": vin(number), "make": "Honda", "model": "Accord", "year": 1990 + number.below(35)},
        "loan": {"lender": "First Example Bank", "number": format!("LN-{:010}", number.below(1 << 31))},
        "claimed_amount": {"value": number.below(5_000_000), "currency": "USD"},
        "notes": "The other vehicle turned left at the light. Photos are with the garage; the estimate follows by mail.",
    })
}

/// A VIN whose check digit is right.
fn vin(number: &mut Numbers) -> String {
    let serial = format!("{:08}", number.below(100_000_000));
    let weights = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
    // '1HGCM826', whose letters count 8, 7, 3 and 4.
    let values =
        [1, 8, 7, 3, 4, 8, 2, 6, 0].into_iter().chain([3]).chain(serial.bytes().map(|b| u32::from(b - b'0')));
    let sum: u32 = values.take(17).zip(weights).map(|(value, weight)| value * weight).sum();
    let digit = if sum % 11 == 10 { 'X' } else { char::from_digit(sum % 11, 10).unwrap_or('0') };
    format!("1HGCM826{digit}3{}", &serial[..7])
}

/// Numbers that look random and are the same in every run.
pub struct Numbers(pub u64);

impl Numbers {
    /// One below this.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) as usize) % limit
    }
}
