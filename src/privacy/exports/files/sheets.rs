//! One file of a table: rows as `COPY` gives them become JSON or CSV, with what is kept sealed opened.

use std::pin::pin;

use futures_util::TryStreamExt as _;
use ring::digest::{Context, SHA256};
use serde_json::Value;
use tokio_postgres::CopyOutStream;
use uuid::Uuid;

use super::Reader;
use crate::platform::archive::Piece;
use crate::platform::background::Pace;
use crate::platform::crypto::Keys;

/// Bytes that are handed on at a time.
const CHUNK: usize = 64 * 1024;
/// Rows after which it is noted how far the copy is.
const NOTED: i64 = 20_000;
/// Rows of each table that the page for people shows; all of them are in the files.
const SHOWN: usize = 50;
/// Characters that cannot stand in JSON, which lets `COPY` write it as it is.
const QUOTE: u8 = 1;
const DELIMITER: u8 = 2;

/// A file of the copy.
pub(in crate::privacy::exports) struct Sheet {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    Csv,
}

impl Format {
    pub(super) fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

/// The columns of a table that leave.
pub(super) struct Columns {
    /// In the order of the map, those that are opened last.
    pub(super) names: Vec<&'static str>,
    /// As they are read.
    pub(super) sql: Vec<String>,
    /// Where those that are opened stand, as the key of each is bound to its place.
    pub(super) opened: Vec<String>,
    /// Whether each value is sealed for its row, whose id stands before it.
    pub(super) by_row: bool,
}

impl Columns {
    pub(super) fn query(&self, format: Format, table: &str, theirs: &str) -> String {
        let (plain, sealed) = self.sql.split_at(self.sql.len() - self.opened.len());
        let from = format!("FROM {table} t WHERE {theirs}");
        match format {
            Format::Csv => format!("COPY (SELECT {} {from}) TO STDOUT (FORMAT csv)", self.sql.join(", ")),
            Format::Json => {
                let row = format!("(SELECT row_to_json(r) FROM (SELECT {}) r)", plain.join(", "));
                let all: Vec<&str> =
                    [row.as_str()].into_iter().chain(sealed.iter().map(String::as_str)).collect();
                format!(
                    "COPY (SELECT {} {from}) TO STDOUT (FORMAT csv, QUOTE E'\\x0{QUOTE}', DELIMITER E'\\x0{DELIMITER}')",
                    all.join(", ")
                )
            }
        }
    }
}

/// A file that is being written.
pub(super) struct File<'a> {
    reader: &'a Reader<'a>,
    name: String,
    format: Format,
    columns: &'a Columns,
    waiting: Vec<u8>,
    digest: Context,
    pace: Pace,
    bytes: u64,
    pub(super) rows: i64,
    pub(super) shown: Vec<Value>,
}

impl<'a> File<'a> {
    pub(super) fn new(reader: &'a Reader<'a>, name: String, format: Format, columns: &'a Columns) -> Self {
        let digest = Context::new(&SHA256);
        let waiting = Vec::with_capacity(CHUNK + CHUNK / 4);
        Self {
            reader,
            name,
            format,
            columns,
            waiting,
            digest,
            pace: Pace::begin(),
            bytes: 0,
            rows: 0,
            shown: Vec::new(),
        }
    }

    /// Takes every row, and notes now and then how far the copy is: tables and rows before this file, and its table.
    /// The second file of a table has the rows of the first again, which count once.
    pub(super) async fn take(&mut self, stream: CopyOutStream, at: (i32, i64, &str)) -> anyhow::Result<()> {
        let mut stream = pin!(stream);
        while let Some(row) = stream.try_next().await? {
            if self.rows == 0 {
                self.reader.pieces.send(Piece::File(self.name.clone())).await?;
                if self.format == Format::Csv {
                    self.waiting.extend_from_slice(self.columns.names.join(",").as_bytes());
                    self.waiting.push(b'\n');
                }
            }
            match self.format {
                Format::Json => self.json(row.strip_suffix(b"\n").unwrap_or(&row)),
                Format::Csv => self.csv(&row),
            }
            self.rows += 1;
            if self.waiting.len() >= CHUNK {
                self.flush().await?;
            }
            if self.rows % NOTED == 0 && self.format == Format::Json {
                self.reader.progress(at.0, at.1 + self.rows, at.2).await?;
            }
        }
        Ok(())
    }

    fn json(&mut self, row: &[u8]) {
        self.waiting.extend_from_slice(if self.rows == 0 { b"[\n" } else { b",\n" });
        let begins = self.waiting.len();
        if self.columns.opened.is_empty() {
            self.waiting.extend_from_slice(row);
        } else {
            let mut parts = row.split(|byte| *byte == DELIMITER);
            let object = parts.next().unwrap_or_default();
            self.waiting.extend_from_slice(object.strip_suffix(b"}").unwrap_or(object));
            for (index, sealed) in parts.enumerate() {
                let value = Value::from(self.open(index, sealed));
                let name = self.opened_name(index);
                self.waiting.extend_from_slice(format!(",\"{name}\":{value}").as_bytes());
            }
            self.waiting.push(b'}');
        }
        if self.shown.len() < SHOWN {
            self.shown.extend(serde_json::from_slice(&self.waiting[begins..]));
        }
    }

    fn csv(&mut self, row: &[u8]) {
        let opened = self.columns.opened.len();
        if opened == 0 {
            self.waiting.extend_from_slice(row);
            return;
        }
        let row = row.strip_suffix(b"\n").unwrap_or(row);
        // What is sealed stands last and is hex, which is never quoted.
        let mut parts: Vec<&[u8]> = row.rsplitn(opened + 1, |byte| *byte == b',').collect();
        parts.reverse();
        self.waiting.extend_from_slice(parts[0]);
        for (index, sealed) in parts[1..].iter().enumerate() {
            self.waiting.push(b',');
            if let Some(text) = self.open(index, sealed) {
                let quoted = format!("\"{}\"", text.replace('"', "\"\""));
                self.waiting.extend_from_slice(quoted.as_bytes());
            }
        }
        self.waiting.push(b'\n');
    }

    fn opened_name(&self, index: usize) -> &'static str {
        self.columns.names[self.columns.names.len() - self.columns.opened.len() + index]
    }

    /// What is in a sealed value; nothing where there is none.
    fn open(&self, index: usize, sealed: &[u8]) -> Option<String> {
        let sealed = hex::decode(sealed).ok().filter(|sealed| !sealed.is_empty())?;
        let (column, keys) = (&self.columns.opened[index], &self.reader.app.keys);
        let plain = if self.columns.by_row {
            let (row, sealed) = sealed.split_at_checked(16)?;
            keys.open(&Keys::place_in_row(column, Uuid::from_slice(row).ok()?), sealed).ok()?
        } else {
            keys.open(column, &sealed).ok()?
        };
        Some(String::from_utf8_lossy(&plain).into_owned())
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let text = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK + CHUNK / 4));
        self.digest.update(&text);
        self.bytes += text.len() as u64;
        // Also for the database, which reads no faster than this.
        Ok(self.pace.rest_with(self.reader.pieces.send(Piece::Text(text))).await?)
    }

    pub(super) async fn end(mut self) -> anyhow::Result<Sheet> {
        if self.format == Format::Json {
            self.waiting.extend_from_slice(b"\n]\n");
        }
        self.flush().await?;
        Ok(Sheet { name: self.name, bytes: self.bytes, sha256: hex::encode(self.digest.finish()) })
    }
}
