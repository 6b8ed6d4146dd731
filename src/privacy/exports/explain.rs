//! What goes with the tables of a copy: the manifest for programs, and a page for people that needs no network.

use askama::Template as _;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::Scope;
use super::files::{Attached, Copied, Sheet, opened_name};
use super::queries::Export;
use crate::platform::web::pages::{moment, size};
use crate::privacy::data_map::{self, Class, Table};

/// Why a column is not in the copy, for its owner.
fn why(export: data_map::Export) -> &'static str {
    match export {
        data_map::Export::HeldNeverExported => {
            "held, and never handed out: it could let somebody in, or it is kept sealed (11 CCR 7024(d))"
        }
        _ => "a key, a digest or a number of ours that says nothing by itself",
    }
}

fn withheld(table: &Table) -> impl Iterator<Item = (&'static str, &'static str)> {
    use data_map::Export::{Opened, Yes};
    let out = table.columns.iter().filter(|column| !matches!(column.export, Yes | Opened));
    let of_others = (table.name == "audit_details").then_some((
        "rows about what others did",
        "address and browser of a member of staff or of another member are theirs; what they did is among the events",
    ));
    out.map(|column| (column.name, why(column.export))).chain(of_others)
}

fn manifest(scope: Scope, export: &Export, as_of: DateTime<Utc>, tables: &[Copied]) -> Value {
    let table = |copied: &Copied| {
        let mut table = json!({
            "table": copied.table.name,
            "about": copied.table.about,
            "rows": copied.rows,
            "files": copied.files.iter().map(|file| json!({ "name": file.name, "bytes": file.bytes, "sha256": file.sha256 })).collect::<Vec<_>>(),
            "withheld": withheld(copied.table).map(|(column, why)| json!({ "column": column, "why": why })).collect::<Vec<_>>(),
        });
        if !copied.attached.is_empty() {
            let one = |file: &Attached| json!({ "name": file.sheet.name, "bytes": file.sheet.bytes, "sha256": file.sheet.sha256, "whole": file.is_whole });
            table["attached"] = copied.attached.iter().map(one).collect();
        }
        table
    };
    json!({
        "copy": export.id,
        "person": export.person_id,
        "account": scope.account(),
        "as_of": as_of,
        "rows": tables.iter().map(|copied| copied.rows).sum::<i64>(),
        "tables": tables.iter().map(table).collect::<Vec<_>>(),
    })
}

/// A table, as the page shows it.
struct Shown {
    id: &'static str,
    about: &'static str,
    rows: i64,
    files: Vec<(String, String)>,
    /// Name, address and length of files that rows stand for.
    attached: Vec<(String, String, String)>,
    columns: Vec<(&'static str, String)>,
    names: Vec<String>,
    cells: Vec<Vec<String>>,
    withheld: Vec<(&'static str, &'static str)>,
}

fn attached(file: &Attached) -> (String, String, String) {
    let Sheet { name, bytes, .. } = &file.sheet;
    let path: Vec<String> = name.split('/').map(percent).collect();
    let about = if file.is_whole { size(*bytes) } else { "lost or damaged with us, and not whole".into() };
    (name.rsplit('/').next().unwrap_or_default().to_owned(), path.join("/"), about)
}

/// A name as it stands in an address.
fn percent(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    name.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

impl Shown {
    fn of(copied: &Copied) -> Self {
        use data_map::Export::{Opened, Yes};
        // In the order of the files, which is that of the map with what is opened last.
        let of = |export| copied.table.columns.iter().filter(move |column| column.export == export);
        let theirs = of(Yes).chain(of(Opened));
        let names: Vec<String> = theirs.clone().map(|column| opened_name(column.name).to_owned()).collect();
        let cell = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let row = |row: &Value| names.iter().map(|name| cell(&row[name.as_str()])).collect();
        Self {
            id: copied.table.name,
            about: copied.table.about,
            rows: copied.rows,
            files: copied.files.iter().map(|file| (file.name.clone(), size(file.bytes))).collect(),
            attached: copied.attached.iter().map(attached).collect(),
            columns: theirs.map(|column| (column.name, column.why())).collect(),
            cells: copied.shown.iter().map(row).collect(),
            names,
            withheld: withheld(copied.table).collect(),
        }
    }
}

/// A class of data and its tables.
struct Section {
    title: &'static str,
    about: &'static str,
    tables: Vec<Shown>,
}

#[derive(askama::Template)]
#[template(path = "privacy/exports/archive.html")]
struct ArchivePage {
    of: String,
    as_of: String,
    rows: i64,
    sections: Vec<Section>,
    empty: Vec<&'static str>,
}

/// Name and text of each file that goes with the tables.
///
/// # Errors
/// The page cannot be drawn.
pub(super) fn write(
    scope: Scope,
    export: &Export,
    as_of: DateTime<Utc>,
    tables: &[Copied],
) -> anyhow::Result<[(&'static str, String); 2]> {
    let manifest = serde_json::to_string_pretty(&manifest(scope, export, as_of, tables))? + "\n";
    let section = |of: Class| Section {
        title: of.label(),
        about: of.about(),
        tables: tables
            .iter()
            .filter(|copied| copied.rows > 0 && copied.table.class() == of)
            .map(Shown::of)
            .collect(),
    };
    let page = ArchivePage {
        of: match scope {
            Scope::Person => "Your data".into(),
            Scope::Account(account) => format!("Account {account}"),
        },
        as_of: moment(&as_of),
        rows: tables.iter().map(|copied| copied.rows).sum(),
        sections: Class::ALL.map(section).into_iter().filter(|section| !section.tables.is_empty()).collect(),
        empty: tables.iter().filter(|copied| copied.rows == 0).map(|copied| copied.table.about).collect(),
    };
    Ok([("manifest.json", manifest), ("index.html", page.render()?)])
}
