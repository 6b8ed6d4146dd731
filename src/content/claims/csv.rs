//! Claims as lines of CSV: a column for each field, and for the first claimant; whoever else is in a claim stands as
//! JSON in the column `parties`.

use serde_json::{Map, Number, Value, json};

use super::Stored;
use crate::content::parties::{Address, Party, PartyRole};

/// The columns of an export, in their order. `loan_number` is only read, `loan_number_last4` only written.
pub const COLUMNS: [&str; 32] = [
    "sid",
    "claim_number",
    "insurer",
    "policy_number",
    "friendly_name",
    "state",
    "lost_on",
    "reported_on",
    "claimant_name",
    "claimant_emails",
    "claimant_phones",
    "claimant_address_1",
    "claimant_address_2",
    "claimant_address_3",
    "claimant_city",
    "claimant_region",
    "claimant_postal_code",
    "claimant_country",
    "parties",
    "vin",
    "vehicle_make",
    "vehicle_model",
    "vehicle_year",
    "lender",
    "loan_number",
    "loan_number_last4",
    "claimed_amount",
    "settled_amount",
    "currency",
    "notes",
    "created_at",
    "updated_at",
];

/// Other names under which a column is read.
const ALSO: [(&str, &str); 2] =
    [("claimant_email", "claimant_emails"), ("claimant_phone", "claimant_phones")];

/// Reads the header of a file: which column each cell is.
///
/// # Errors
/// What is wrong with it.
pub(super) fn header<'a>(cells: impl Iterator<Item = &'a str>) -> Result<Vec<&'static str>, String> {
    let mut columns = Vec::new();
    for (place, cell) in cells.enumerate() {
        let name = cell.trim().to_ascii_lowercase();
        let name = ALSO.iter().find(|(also, _)| *also == name).map_or(name.as_str(), |(_, column)| *column);
        let Some(column) = COLUMNS.into_iter().find(|column| *column == name) else {
            return Err(format!("We do not know column {} of the header.", place + 1));
        };
        if columns.contains(&column) {
            return Err(format!("Column {} of the header stands there twice.", place + 1));
        }
        columns.push(column);
    }
    Ok(columns)
}

/// Makes JSON of a line, as a program would have sent it. What cannot be read stays a string, and is refused as such.
pub(super) fn to_json<'a>(columns: &[&'static str], cells: impl Iterator<Item = &'a str>) -> Value {
    let mut row: Row<'a> = Row { cells: columns.iter().copied().zip(cells).collect() };
    let mut claim = Map::new();
    let parties = parties(&mut row);
    let currency = row.text("currency");
    for amount in ["claimed_amount", "settled_amount"] {
        if let Some(value) = row.number(amount) {
            claim.insert(amount.into(), json!({"value": value, "currency": currency}));
        }
    }
    claim.insert("parties".into(), parties);
    let vehicle = [("vin", "vin"), ("vehicle_make", "make"), ("vehicle_model", "model")];
    let mut vehicle = row.object(&vehicle);
    vehicle.extend(row.number("vehicle_year").map(|year| ("year".to_owned(), year)));
    claim.insert("vehicle".into(), vehicle.into());
    claim.insert("loan".into(), row.object(&[("lender", "lender"), ("loan_number", "number")]).into());
    row.take("loan_number_last4");
    for (column, text) in row.cells {
        if !text.is_empty() {
            claim.insert(column.into(), text.into());
        }
    }
    claim.into()
}

/// The cells of a line that were not read yet.
struct Row<'a> {
    cells: Vec<(&'static str, &'a str)>,
}

impl<'a> Row<'a> {
    fn take(&mut self, column: &str) -> Option<&'a str> {
        let at = self.cells.iter().position(|(name, _)| *name == column)?;
        Some(self.cells.swap_remove(at).1).filter(|text| !text.is_empty())
    }

    fn text(&mut self, column: &str) -> Option<Value> {
        self.take(column).map(Value::from)
    }

    fn number(&mut self, column: &str) -> Option<Value> {
        let text = self.take(column)?;
        Some(text.trim().parse::<i64>().map_or_else(|_| text.into(), |number| Number::from(number).into()))
    }

    fn object(&mut self, fields: &[(&str, &str)]) -> Map<String, Value> {
        let fields = fields.iter();
        fields.filter_map(|(column, name)| Some(((*name).to_owned(), self.text(column)?))).collect()
    }

    /// Parts between semicolons.
    fn several(&mut self, column: &str) -> Vec<Value> {
        let parts = self.take(column).unwrap_or_default().split(';').map(str::trim);
        parts.filter(|part| !part.is_empty()).map(Value::from).collect()
    }
}

fn parties(row: &mut Row<'_>) -> Value {
    let name = row.text("claimant_name");
    let (emails, phones) = (row.several("claimant_emails"), row.several("claimant_phones"));
    let lines = ["claimant_address_1", "claimant_address_2", "claimant_address_3"];
    let lines: Vec<Value> = lines.into_iter().filter_map(|column| row.text(column)).collect();
    let mut address = row.object(&[
        ("claimant_city", "city"),
        ("claimant_region", "region"),
        ("claimant_postal_code", "postal_code"),
        ("claimant_country", "country"),
    ]);
    if !lines.is_empty() {
        address.insert("lines".into(), lines.into());
    }
    let is_there = name.is_some() || !emails.is_empty() || !phones.is_empty() || !address.is_empty();
    let mut claimant = json!({"role": "claimant", "name": name, "emails": emails, "phones": phones});
    if !address.is_empty() {
        claimant["address"] = address.into();
    }
    let others = row.take("parties").map(|text| serde_json::from_str(text).unwrap_or_else(|_| text.into()));
    match others {
        None if is_there => vec![claimant].into(),
        None => Value::Null,
        Some(Value::Array(mut others)) => {
            if is_there {
                others.insert(0, claimant);
            }
            others.into()
        }
        Some(other) => other,
    }
}

/// The first line of an export.
pub(super) fn write_header(out: &mut Vec<u8>) {
    let columns = COLUMNS.into_iter().filter(|column| *column != "loan_number");
    out.extend_from_slice(columns.collect::<Vec<_>>().join(",").as_bytes());
    out.extend_from_slice(b"\r\n");
}

/// Writes a claim as a line.
///
/// # Errors
/// The people in it cannot be read.
pub(super) fn write(out: &mut Vec<u8>, claim: &Stored) -> serde_json::Result<()> {
    let parties: Vec<Party> = serde::Deserialize::deserialize(&claim.parties)?;
    let (claimant, others) = match parties.split_first() {
        Some((first, others)) if fits(first) => (Some(first), others),
        _ => (None, &parties[..]),
    };
    let optional = |text: &Option<String>| text.clone().unwrap_or_default();
    let number = |number: Option<i64>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut cells = vec![
        claim.id.to_string(),
        claim.claim_number.clone(),
        claim.insurer.clone(),
        optional(&claim.policy_number),
        optional(&claim.friendly_name),
        claim.state.clone(),
        claim.lost_on.to_string(),
        claim.reported_on.map(|day| day.to_string()).unwrap_or_default(),
    ];
    claimant_cells(&mut cells, claimant);
    cells.extend([
        if others.is_empty() { String::new() } else { serde_json::to_string(others)? },
        optional(&claim.vin),
        optional(&claim.vehicle_make),
        optional(&claim.vehicle_model),
        number(claim.vehicle_year.map(i64::from)),
        optional(&claim.lender),
        optional(&claim.loan_number_last4),
        number(claim.claimed_amount),
        number(claim.settled_amount),
        optional(&claim.currency),
        optional(&claim.notes),
        super::export::moment(claim.created_at),
        super::export::moment(claim.updated_at),
    ]);
    for (place, cell) in cells.iter().enumerate() {
        if place > 0 {
            out.push(b',');
        }
        write_cell(out, cell);
    }
    out.extend_from_slice(b"\r\n");
    Ok(())
}

/// Whether somebody fits into the columns of the claimant as they are.
fn fits(party: &Party) -> bool {
    let address = party.address.as_ref().is_none_or(|address| *address != Address::default());
    party.role == PartyRole::Claimant && address && party.emails.iter().all(|email| !email.contains(';'))
}

fn claimant_cells(cells: &mut Vec<String>, claimant: Option<&Party>) {
    let address = claimant.and_then(|party| party.address.clone()).unwrap_or_default();
    let mut lines = address.lines.into_iter();
    cells.push(claimant.map(|party| party.name.clone()).unwrap_or_default());
    cells.push(claimant.map(|party| party.emails.join(";")).unwrap_or_default());
    cells.push(claimant.map(|party| party.phones.join(";")).unwrap_or_default());
    cells.extend((0..3).map(|_| lines.next().unwrap_or_default()));
    cells.extend(
        [address.city, address.region, address.postal_code, address.country].map(Option::unwrap_or_default),
    );
}

/// Quotes a cell where CSV asks for it, and where a spreadsheet might take it for a formula. What is in it stays
/// exact: changing it would damage the data for everybody who reads it by program.
fn write_cell(out: &mut Vec<u8>, cell: &str) {
    let bytes = cell.as_bytes();
    let quoted = bytes.iter().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n'))
        || matches!(bytes.first(), Some(b'=' | b'+' | b'-' | b'@' | b' ' | b'\t'));
    if !quoted {
        return out.extend_from_slice(bytes);
    }
    out.push(b'"');
    for part in bytes.split_inclusive(|byte| *byte == b'"') {
        out.extend_from_slice(part);
        if part.ends_with(b"\"") {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_becomes_what_a_program_would_have_sent() {
        let columns = header(
            "claim_number,Claimant_Name,claimant_email,claimant_country,vehicle_year,claimed_amount,currency"
                .split(','),
        );
        let claim =
            to_json(&columns.unwrap(), ["C1", "Ada", "a@b.c; d@e.f", "US", "2003", "x", "USD"].into_iter());
        let party = json!({"role": "claimant", "name": "Ada", "emails": ["a@b.c", "d@e.f"], "phones": [], "address": {"country": "US"}});
        let amount = json!({"value": "x", "currency": "USD"});
        let expected = json!({"claim_number": "C1", "parties": [party], "vehicle": {"year": 2003}, "loan": {}, "claimed_amount": amount});
        assert_eq!(claim, expected);
    }

    #[test]
    fn a_header_that_we_do_not_know_is_refused() {
        assert!(header(["claim_number", "colour"].into_iter()).unwrap_err().contains("column 2"));
        assert!(header(["vin", "VIN"].into_iter()).unwrap_err().contains("twice"));
        assert_eq!(header(COLUMNS.into_iter()).unwrap(), COLUMNS);
    }

    #[test]
    fn cells_are_quoted_where_it_matters_and_stay_exact() {
        for (cell, written) in [
            ("plain", "plain"),
            ("", ""),
            ("a,b", "\"a,b\""),
            ("a\"b\"", "\"a\"\"b\"\"\""),
            ("=1+1", "\"=1+1\""),
            ("+12025550101", "\"+12025550101\""),
            ("a\nb", "\"a\nb\""),
        ] {
            let mut out = Vec::new();
            write_cell(&mut out, cell);
            assert_eq!(String::from_utf8(out).unwrap(), written);
        }
    }
}
