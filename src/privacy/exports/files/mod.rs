//! The tables of a copy, each as JSON and as CSV, streamed by the database's own `COPY`. Which columns there are, which
//! of them leave and which are opened first is on the data map.

mod sheets;

pub(super) use sheets::Sheet;

use std::collections::HashMap;
use std::pin::pin;

use futures_util::StreamExt as _;
use ring::digest::{Context, SHA256};
use serde_json::Value;
use tokio::sync::mpsc;
use tokio_postgres::Transaction;

use self::sheets::{Columns, File, Format};
use super::queries;
use crate::platform::app::App;
use crate::platform::archive::Piece;
use crate::platform::files as sent_along;
use crate::platform::ids::{ExportId, FileId};
use crate::privacy::data_map::{self, Export, Table};

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
        let by_row = data_map::is_sealed_by_row(table.name);
        let mut columns = Columns { names: Vec::new(), sql: Vec::new(), opened: Vec::new(), by_row };
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
            let row = if by_row { "uuid_send(t.id) || " } else { "" };
            columns.sql.push(format!("encode({row}t.{}, 'hex')", column.name));
            columns.opened.push(format!("{}.{}", table.name, column.name));
        }
        columns
    }
}

/// What a column is called in a copy; one that is kept sealed and was opened for it is no longer sealed.
pub(super) fn opened_name(column: &'static str) -> &'static str {
    column.strip_prefix("sealed_").unwrap_or(column)
}
