//! The data map for the privacy desk: every table with all that the map says, and how much is in it.

use actix_web::{HttpRequest, web};
use diesel::sql_types::{Array, BigInt, Bool, Text};
use diesel::{QueryResult, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde::Deserialize;

use super::{Category, Class, Owner, Table, purposes, table, tables};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::retention::rules::RULES;
use crate::staff::permissions::ReadsDataMap;

/// Tables up to so many bytes are counted; of longer ones the planner's estimate is shown.
const COUNTED: i64 = 1024 * 1024;

/// What the planner knows of a table.
#[derive(Clone, Debug, QueryableByName)]
struct Estimate {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    rows: i64,
    /// Nobody has looked at the table yet.
    #[diesel(sql_type = Bool)]
    unknown: bool,
    #[diesel(sql_type = BigInt)]
    bytes: i64,
}

/// How much is in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Size {
    rows: String,
    /// Whether it was counted, or is the planner's estimate.
    how: &'static str,
}

async fn estimates(conn: &mut AsyncPgConnection, wanted: &[&'static Table]) -> QueryResult<Vec<Estimate>> {
    let names: Vec<&str> = wanted.iter().map(|table| table.name).collect();
    diesel::sql_query(
        "SELECT t.name, greatest(c.reltuples, 0)::bigint AS rows, c.reltuples < 0 AS unknown, pg_relation_size(c.oid) AS bytes \
         FROM unnest($1) AS t (name) JOIN pg_class c ON c.oid = to_regclass(t.name)",
    )
    .bind::<Array<Text>, _>(names)
    .load(conn)
    .await
}

/// Rows of these tables, counted, in one round trip. The names are the catalogue's own answer to those of the map.
async fn count(conn: &mut AsyncPgConnection, short: &[&Estimate]) -> QueryResult<Vec<Estimate>> {
    if short.is_empty() {
        return Ok(Vec::new());
    }
    let part = |estimate: &&Estimate| {
        let name = &estimate.name;
        format!("SELECT '{name}' AS name, count(*) AS rows, false AS unknown, 0::bigint AS bytes FROM {name}")
    };
    let parts: Vec<String> = short.iter().map(part).collect();
    diesel::sql_query(parts.join(" UNION ALL ")).load(conn).await
}

/// How much is in each of these tables, in their order: two round trips, however many there are.
async fn sizes(conn: &mut AsyncPgConnection, wanted: &[&'static Table]) -> QueryResult<Vec<Size>> {
    let estimated = estimates(conn, wanted).await?;
    let short: Vec<&Estimate> = estimated.iter().filter(|estimate| estimate.bytes <= COUNTED).collect();
    let counted = count(conn, &short).await?;
    let size = |table: &&Table| {
        let of = |all: &[Estimate]| all.iter().find(|estimate| estimate.name == table.name).cloned();
        match (of(&counted), of(&estimated)) {
            (Some(counted), _) => Size { rows: counted.rows.to_string(), how: "counted" },
            (None, Some(estimate)) if !estimate.unknown => {
                Size { rows: format!("about {}", estimate.rows), how: "estimated by the planner" }
            }
            _ => Size { rows: "–".into(), how: "not looked at yet" },
        }
    };
    Ok(wanted.iter().map(size).collect())
}

/// What the address says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    class: String,
    owner: String,
    rule: String,
}

impl Asked {
    fn fits(&self, table: &Table) -> bool {
        let ways = || [table.owner].into_iter().chain(table.also.iter().copied());
        (self.class.is_empty() || table.class().id() == self.class)
            && (self.owner.is_empty() || ways().any(|way| way.id() == self.owner))
            && (self.rule.is_empty()
                || table.rule.id == self.rule
                || table.sooner.iter().any(|(_, rule)| rule.id == self.rule))
    }

    fn draw(&self) -> Form {
        let select = |name, label, asked: &str, any: &str, options: Vec<(&str, &str)>| {
            let options = [("", any)].into_iter().chain(options);
            let choice = |(value, label): (&str, &str)| Choice {
                value: value.into(),
                label: label.into(),
                selected: value == asked,
            };
            Field::select(name, label, options.map(choice).collect())
        };
        let classes = Class::ALL.map(|class| (class.id(), class.label())).to_vec();
        let rules = RULES.iter().map(|rule| (rule.id, rule.about)).collect();
        Form::new(vec![
            select("class", "Class", &self.class, "Every class", classes),
            select("owner", "Whose", &self.owner, "Anybody's and nobody's", Owner::WAYS.to_vec()),
            select("rule", "Rule", &self.rule, "Every rule", rules),
        ])
    }
}

/// A table, as the list shows it.
struct Line {
    table: &'static Table,
    owners: Vec<String>,
    erasure: String,
    size: Size,
}

fn owners(table: &Table) -> Vec<String> {
    [table.owner].iter().chain(table.also).map(|owner| owner.label()).collect()
}

#[derive(askama::Template)]
#[template(path = "privacy/data_map/index.html")]
struct IndexPage {
    page: Page,
    form: Form,
    all: usize,
    columns: usize,
    lines: Vec<Line>,
}

/// `GET /staff/data-map`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<ReadsDataMap>,
    asked: web::Query<Asked>,
) -> WebResult {
    let wanted: Vec<&'static Table> = tables().filter(|table| asked.fits(table)).collect();
    let sizes = sizes(&mut *app.db.get().await?, &wanted).await?;
    let line = |(table, size): (&'static Table, Size)| Line {
        table,
        owners: owners(table),
        erasure: table.erasure.label(),
        size,
    };
    pages::ok(&IndexPage {
        page: Page::of(&request, "Data map"),
        form: asked.draw(),
        all: tables().count(),
        columns: tables().map(|table| table.columns.len()).sum(),
        lines: wanted.into_iter().zip(sizes).map(line).collect(),
    })
}

#[derive(askama::Template)]
#[template(path = "privacy/data_map/show.html")]
struct ShowPage {
    page: Page,
    table: &'static Table,
    facts: Vec<(&'static str, String)>,
}

fn facts(table: &'static Table, size: &Size) -> Vec<(&'static str, String)> {
    let labels = |all: Vec<&str>| if all.is_empty() { "none".to_owned() } else { all.join(", ") };
    let mut facts = vec![
        ("Class", table.class().label().to_owned()),
        ("Role", table.class().role().to_owned()),
        ("Categories", labels(table.categories().into_iter().map(Category::label).collect())),
        ("Purposes", labels(purposes::of(table).iter().map(|purpose| purpose.label()).collect())),
        ("Whose", owners(table).join("; or ")),
        ("Kept", table.rule.kept()),
        ("Rule", format!("{} ({})", table.rule.about, table.rule.id)),
        ("Then", table.rule.then().to_owned()),
    ];
    facts.extend(
        table
            .sooner
            .iter()
            .map(|(column, rule)| ("Earlier", format!("{column}: {} ({})", rule.kept(), rule.id))),
    );
    facts.push(("At erasure", table.erasure.label()));
    facts.push(("Rows", format!("{}, {}", size.rows, size.how)));
    facts
}

/// `GET /staff/data-map/{table}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<ReadsDataMap>,
    name: web::Path<String>,
) -> WebResult {
    let table = table(&name).ok_or(AppError::NotFound)?;
    let sizes = sizes(&mut *app.db.get().await?, &[table]).await?;
    let size = sizes.into_iter().next().ok_or(AppError::NotFound)?;
    pages::ok(&ShowPage { page: Page::of(&request, table.name), table, facts: facts(table, &size) })
}
