//! The tables of a copy, each as JSON and as CSV, streamed by the database's own `COPY`. Which columns there are, which
//! of them leave and which are opened first is on the data map.

use std::collections::HashMap;
use std::pin::pin;

use futures_util::{StreamExt as _, TryStreamExt as _};
use ring::digest::{Context, SHA256};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_postgres::{CopyOutStream, Transaction};

use super::queries;
use crate::platform::app::App;
use crate::platform::archive::Piece;
use crate::platform::files as sent_along;
use crate::platform::ids::{ExportId, FileId};
use crate::privacy::data_map::{self, Export, Table};

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
pub(super) struct Sheet {
    pub name: String,
    pub bytes: u64,
    pub sha256: String,
}

/// A table as it was copied.
pub(super) struct Copied {
    pub table: &'static Table,
    pub rows: i64,
    /// As JSON and as CSV; nothing where there is no row.
    pub files: Vec<Sheet>,
    /// The first rows.
    pub shown: Vec<Value>,
    /// Files that rows stand for, as they were sent.
    pub attached: Vec<Attached>,
}

/// A file that was sent along with something, in the copy.
pub(super) struct Attached {
    pub sheet: Sheet,
    /// Whether it is there as it was sent: else it is lost or damaged.
    pub is_whole: bool,
}

impl Copied {
    /// A table in which nothing is theirs.
    pub(super) fn nothing(table: &'static Table) -> Self {
        Self { table, rows: 0, files: Vec::new(), shown: Vec::new(), attached: Vec::new() }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
}

/// The columns of a table that leave.
struct Columns {
    /// In the order of the map, those that are opened last.
    names: Vec<&'static str>,
    /// As they are read.
    sql: Vec<String>,
    /// Where those that are opened stand, as the key of each is bound to its place.
    opened: Vec<String>,
}

/// Reads tables in one snapshot.
pub(super) struct Reader<'a> {
    app: &'a App,
    snapshot: &'a Transaction<'a>,
    export: ExportId,
    pieces: &'a mpsc::Sender<Piece>,
    types: HashMap<(String, String), String>,
}

impl<'a> Reader<'a> {
    /// Looks up the types of all columns.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn new(
        app: &'a App,
        snapshot: &'a Transaction<'a>,
        export: ExportId,
        pieces: &'a mpsc::Sender<Piece>,
    ) -> anyhow::Result<Self> {
        let rows = snapshot
            .query(
                "SELECT table_name::text, column_name::text, udt_name::text \
                 FROM information_schema.columns WHERE table_schema = 'public'",
                &[],
            )
            .await?;
        let types = rows.iter().map(|row| ((row.get(0), row.get(1)), row.get(2))).collect();
        Ok(Self { app, snapshot, export, pieces, types })
    }

    /// Notes how far the copy is.
    ///
    /// # Errors
    /// It was ended meanwhile; what the database says.
    pub(super) async fn progress(&self, tables: i32, rows: i64, table: &str) -> anyhow::Result<()> {
        let mut conn = self.app.db.get().await?;
        let wanted = queries::progress(&mut conn, self.export, tables, rows, table).await?;
        if wanted { Ok(()) } else { Err(anyhow::anyhow!("the copy was ended")) }
    }

    /// Copies the rows of a table for which a condition holds. `done` and `before` are the tables and rows before it.
    ///
    /// # Errors
    /// What the database says, or that nobody takes the copy.
    pub(super) async fn copy(
        &self,
        table: &'static Table,
        theirs: &str,
        done: i32,
        before: i64,
    ) -> anyhow::Result<Copied> {
        let columns = self.columns(table);
        let mut copied = Copied::nothing(table);
        if columns.names.is_empty() {
            return Ok(copied);
        }
        for format in [Format::Json, Format::Csv] {
            let query = columns.query(format, table.name, theirs);
            let stream = self.snapshot.copy_out(&query).await?;
            let name = format!("data/{}.{}", table.name, format.ending());
            let mut file = File::new(self, name, format, &columns);
            file.take(stream, (done, before, table.name)).await?;
            if file.rows == 0 {
                break;
            }
            copied.rows = file.rows;
            copied.shown.append(&mut file.shown);
            copied.files.push(file.end().await?);
        }
        if table.name == "files" && copied.rows > 0 {
            copied.attached = self.attach(theirs).await?;
        }
        Ok(copied)
    }

    /// Puts the files themselves into the copy, opened. One that is lost or damaged is named, and the rest goes on.
    async fn attach(&self, theirs: &str) -> anyhow::Result<Vec<Attached>> {
        let query = format!("SELECT t.id::text, t.name, t.sha256 FROM files t WHERE {theirs} ORDER BY t.id");
        let mut attached = Vec::new();
        for row in self.snapshot.query(&query, &[]).await? {
            let (id, name, sha256): (String, String, Vec<u8>) = (row.get(0), row.get(1), row.get(2));
            let id = FileId(id.parse()?);
            let mut sheet = Sheet { name: format!("files/{id}/{name}"), bytes: 0, sha256: String::new() };
            let mut digest = Context::new(&SHA256);
            if let Some(content) = sent_along::open(self.app, id).await? {
                self.pieces.send(Piece::File(sheet.name.clone())).await?;
                let mut content = pin!(content);
                // What is damaged ends there.
                while let Some(Ok(bytes)) = content.next().await {
                    digest.update(&bytes);
                    sheet.bytes += bytes.len() as u64;
                    self.pieces.send(Piece::Text(bytes.to_vec())).await?;
                }
            }
            let found = digest.finish();
            sheet.sha256 = hex::encode(found);
            let is_whole = sheet.bytes > 0 && found.as_ref() == sha256;
            if !is_whole {
                tracing::error!(file.id = %id, "a file is lost or damaged and not whole in a copy");
            }
            attached.push(Attached { sheet, is_whole });
        }
        Ok(attached)
    }

    fn columns(&self, table: &Table) -> Columns {
        let mut columns = Columns { names: Vec::new(), sql: Vec::new(), opened: Vec::new() };
        for column in table.columns.iter().filter(|column| column.export == Export::Yes) {
            columns.names.push(column.name);
            let kind = self.types.get(&(table.name.to_owned(), column.name.to_owned()));
            let prefix = data_map::prefix(table.name, column.name);
            columns.sql.push(match (kind.map(String::as_str), prefix) {
                (Some("uuid"), Some(prefix)) => {
                    format!("'{prefix}' || replace(t.{0}::text, '-', '') AS {0}", column.name)
                }
                _ => format!("t.{}", column.name),
            });
        }
        for column in table.columns.iter().filter(|column| column.export == Export::Opened) {
            columns.names.push(opened_name(column.name));
            columns.sql.push(format!("encode(t.{}, 'hex')", column.name));
            columns.opened.push(format!("{}.{}", table.name, column.name));
        }
        columns
    }
}

/// What a column is called in a copy; one that is kept sealed and was opened for it is no longer sealed.
pub(super) fn opened_name(column: &'static str) -> &'static str {
    column.strip_prefix("sealed_").unwrap_or(column)
}

impl Format {
    fn ending(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::Csv => "csv",
        }
    }
}

impl Columns {
    fn query(&self, format: Format, table: &str, theirs: &str) -> String {
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
struct File<'a> {
    reader: &'a Reader<'a>,
    name: String,
    format: Format,
    columns: &'a Columns,
    waiting: Vec<u8>,
    digest: Context,
    bytes: u64,
    rows: i64,
    shown: Vec<Value>,
}

impl<'a> File<'a> {
    fn new(reader: &'a Reader<'a>, name: String, format: Format, columns: &'a Columns) -> Self {
        let digest = Context::new(&SHA256);
        let waiting = Vec::with_capacity(CHUNK + CHUNK / 4);
        Self { reader, name, format, columns, waiting, digest, bytes: 0, rows: 0, shown: Vec::new() }
    }

    /// Takes every row, and notes now and then how far the copy is: tables and rows before this file, and its table.
    /// The second file of a table has the rows of the first again, which count once.
    async fn take(&mut self, stream: CopyOutStream, at: (i32, i64, &str)) -> anyhow::Result<()> {
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
        let plain = self.reader.app.keys.open(&self.columns.opened[index], &sealed).ok()?;
        Some(String::from_utf8_lossy(&plain).into_owned())
    }

    async fn flush(&mut self) -> anyhow::Result<()> {
        let text = std::mem::replace(&mut self.waiting, Vec::with_capacity(CHUNK + CHUNK / 4));
        self.digest.update(&text);
        self.bytes += text.len() as u64;
        Ok(self.reader.pieces.send(Piece::Text(text)).await?)
    }

    async fn end(mut self) -> anyhow::Result<Sheet> {
        if self.format == Format::Json {
            self.waiting.extend_from_slice(b"\n]\n");
        }
        self.flush().await?;
        Ok(Sheet { name: self.name, bytes: self.bytes, sha256: hex::encode(self.digest.finish()) })
    }
}
