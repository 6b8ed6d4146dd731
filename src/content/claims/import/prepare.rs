//! Makes rows of records: reads each, notes what is wrong with it, and lays out what is right as columns. This is
//! computing and nothing else, and runs beside the threads that serve.

use chrono::{DateTime, NaiveDate, Utc};
use ring::digest::{Context, SHA256};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use super::records::{Batch, Format, LONGEST, Record};
use crate::api::distinct::Distinct;
use crate::api::problem::Problem;
use crate::content::claims::csv;
use crate::content::claims::draft::{ClaimDraft, Origin};
use crate::content::claims::stored::Columns;
use crate::platform::app::App;
use crate::platform::ids::{AccountId, new_uuid};

/// What is wrong with a line. Never what it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineError {
    /// The line, from 1.
    #[schema(example = 17, extensions(("x-data" = json!("imports.errors"))))]
    pub line: u64,
    /// Which field of the claim, as a JSON Pointer.
    #[schema(example = "/vehicle/vin", extensions(("x-data" = json!("imports.errors"))))]
    pub pointer: String,
    /// What is wrong with it, in a sentence.
    #[schema(example = "A VIN has 17 characters; this one has 16.", extensions(("x-data" = json!("imports.errors"))))]
    pub detail: String,
}

/// Most errors that are told of one line.
const MOST_OF_A_LINE: usize = 20;

/// Claims that can be stored, column by column.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub lines: Vec<u64>,
    pub ids: Vec<Uuid>,
    pub claim_numbers: Vec<String>,
    pub insurers: Vec<String>,
    pub policy_numbers: Vec<Option<String>>,
    pub friendly_names: Vec<Option<String>>,
    pub states: Vec<&'static str>,
    pub lost_on: Vec<NaiveDate>,
    pub reported_on: Vec<Option<NaiveDate>>,
    pub parties: Vec<String>,
    pub vins: Vec<Option<String>>,
    pub makes: Vec<Option<String>>,
    pub models: Vec<Option<String>>,
    pub years: Vec<Option<i32>>,
    pub lenders: Vec<Option<String>>,
    pub sealed_loan_numbers: Vec<Option<Vec<u8>>>,
    pub loan_endings: Vec<Option<String>>,
    pub claimed: Vec<Option<i64>>,
    pub settled: Vec<Option<i64>>,
    pub currencies: Vec<Option<String>>,
    pub notes: Vec<Option<String>>,
    pub person_keys: Vec<String>,
}

impl Rows {
    fn add(&mut self, line: u64, id: Uuid, columns: Columns<'_>) {
        let owned = |text: Option<&str>| text.map(str::to_owned);
        self.lines.push(line);
        self.ids.push(id);
        self.claim_numbers.push(columns.claim_number.to_owned());
        self.insurers.push(columns.insurer.to_owned());
        self.policy_numbers.push(owned(columns.policy_number));
        self.friendly_names.push(owned(columns.friendly_name));
        self.states.push(columns.state);
        self.lost_on.push(columns.lost_on);
        self.reported_on.push(columns.reported_on);
        self.parties.push(columns.parties.to_string());
        self.vins.push(owned(columns.vin));
        self.makes.push(owned(columns.vehicle_make));
        self.models.push(owned(columns.vehicle_model));
        self.years.push(columns.vehicle_year);
        self.lenders.push(owned(columns.lender));
        self.sealed_loan_numbers.push(columns.sealed_loan_number);
        self.loan_endings.push(owned(columns.loan_number_last4));
        self.claimed.push(columns.claimed_amount);
        self.settled.push(columns.settled_amount);
        self.currencies.push(owned(columns.currency));
        self.notes.push(owned(columns.notes));
        self.person_keys.push(array(&columns.person_keys));
    }
}

/// As Postgres reads an array. One of arrays would have to be a matrix.
fn array(numbers: &[i64]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(numbers.len() * 21 + 2);
    text.push('{');
    for (place, number) in numbers.iter().enumerate() {
        let _ = write!(text, "{}{number}", if place > 0 { "," } else { "" });
    }
    text.push('}');
    text
}

/// A batch that can be stored.
#[derive(Debug)]
pub(super) struct Prepared {
    pub rows: Rows,
    pub errors: Vec<LineError>,
    /// Lines that are wrong.
    pub refused: u64,
    /// Lines up to here.
    pub lines: u64,
    /// Recognises everything up to here.
    pub digest: Vec<u8>,
    /// Moment of the batch.
    pub now: DateTime<Utc>,
}

/// Reads the records of one file, batch after batch.
pub(super) struct Preparer {
    app: App,
    account: AccountId,
    format: Format,
    columns: Option<Vec<&'static str>>,
    context: Context,
    lines: u64,
    /// Lines that were stored by an earlier request, and what recognises them.
    skip: u64,
    known: Vec<u8>,
}

impl Preparer {
    /// For a file whose first `skip` lines were stored before; they must be those that `known` recognises.
    pub fn new(app: App, account: AccountId, format: Format, skip: u64, known: Vec<u8>) -> Self {
        let context = Context::new(&SHA256);
        Self { app, account, format, columns: None, context, lines: 0, skip, known }
    }

    /// Makes a batch ready to be stored.
    ///
    /// # Errors
    /// 409 where it is another file than before, 422 for a header that we do not know.
    pub fn prepare(&mut self, batch: &Batch) -> Result<Prepared, Problem> {
        let now = self.app.clock.now();
        let mut prepared = Prepared {
            rows: Rows::default(),
            errors: Vec::new(),
            refused: 0,
            lines: 0,
            digest: Vec::new(),
            now,
        };
        for (record, bytes) in batch.records() {
            self.count_in(record, bytes);
            if self.format == Format::Csv && self.columns.is_none() {
                self.columns = Some(header(record, bytes)?);
                continue;
            }
            self.lines += 1;
            if self.lines <= self.skip {
                self.recognise()?;
                continue;
            }
            match self.read(record, bytes) {
                Ok(draft) => {
                    let columns = Columns::of(&draft, &self.app.keys, self.account);
                    prepared.rows.add(record.line, new_uuid(now), columns);
                }
                Err(errors) => {
                    prepared.refused += 1;
                    prepared.errors.extend(errors.into_iter().take(MOST_OF_A_LINE));
                }
            }
        }
        (prepared.lines, prepared.digest) = (self.lines, self.digest());
        Ok(prepared)
    }

    /// At the end of the file: it must not end before what was stored.
    ///
    /// # Errors
    /// 409 where it does.
    pub fn end(&self) -> Result<(), Problem> {
        if self.lines < self.skip || (self.skip > 0 && self.skip == self.lines && self.digest() != self.known)
        {
            return Err(another_file());
        }
        Ok(())
    }

    fn digest(&self) -> Vec<u8> {
        self.context.clone().finish().as_ref().to_vec()
    }

    fn count_in(&mut self, record: &Record, bytes: &[u8]) {
        self.context.update(&(bytes.len() as u64).to_be_bytes());
        self.context.update(bytes);
        for cell in &record.cells {
            self.context.update(&(*cell as u64).to_be_bytes());
        }
    }

    fn recognise(&self) -> Result<(), Problem> {
        if self.lines == self.skip && self.digest() != self.known {
            return Err(another_file());
        }
        Ok(())
    }

    fn read(&self, record: &Record, bytes: &[u8]) -> Result<ClaimDraft, Vec<LineError>> {
        let wrong = |detail: &str| {
            vec![LineError { line: record.line, pointer: String::new(), detail: detail.to_owned() }]
        };
        if record.is_cut {
            let detail =
                format!("This line is longer than {} KiB, or has far too many cells.", LONGEST / 1024);
            return Err(wrong(&detail));
        }
        let value: Value = match &self.columns {
            None => {
                let read = serde_json::from_slice(bytes).map(|Distinct(value)| value);
                // What is no JSON is no data; of what is one, only a second value is refused here.
                read.map_err(|error| match error.is_data() {
                    true => wrong("A field stands twice in an object of this line."),
                    false => wrong("This line is not JSON."),
                })?
            }
            Some(columns) if record.cells.len() != columns.len() => {
                let (has, wants) = (record.cells.len(), columns.len());
                return Err(wrong(&format!("This line has {has} cells, the header has {wants}.")));
            }
            Some(columns) => {
                let text =
                    std::str::from_utf8(bytes).map_err(|_| wrong("This line is not text in UTF-8."))?;
                csv::to_json(columns, cells(record, text))
            }
        };
        let read = ClaimDraft::read(value, Origin::File);
        let line = record.line;
        read.map_err(|errors| {
            let errors = errors.into_iter();
            errors.map(|error| LineError { line, pointer: error.pointer, detail: error.detail }).collect()
        })
    }
}

/// The cells of a line. An end that is not between two characters cannot be: cells end at a comma or a line break.
fn cells<'a>(record: &'a Record, text: &'a str) -> impl Iterator<Item = &'a str> {
    let mut begin = 0;
    record.cells.iter().map(move |end| {
        let cell = text.get(begin..*end).unwrap_or_default();
        begin = *end;
        cell
    })
}

fn header(record: &Record, bytes: &[u8]) -> Result<Vec<&'static str>, Problem> {
    let refuse = |detail: String| Problem::field("/1", detail);
    if record.is_cut {
        return Err(refuse("The header is too long.".into()));
    }
    let text = std::str::from_utf8(bytes).map_err(|_| refuse("The header is not text in UTF-8.".into()))?;
    csv::header(cells(record, text)).map_err(refuse)
}

pub(super) fn another_file() -> Problem {
    let detail =
        "This is another file than the one that was sent with this key before. Use a new key for it.";
    Problem::key_reused().because(detail)
}
