//! The data map and the database's own catalogue say the same.

use std::collections::BTreeSet;

use diesel::QueryableByName;
use diesel::sql_types::Text;
use diesel_async::RunQueryDsl as _;
use portal::platform::jobs::schedule::TIMETABLE;
use portal::privacy::data_map::{self, Category, Erasure, Export, Owner, Table};
use portal::retention::rules::{Carried, OUTSIDE, RULES};

use crate::support::TestApp;

#[derive(QueryableByName)]
struct Pair {
    #[diesel(sql_type = Text)]
    first: String,
    #[diesel(sql_type = Text)]
    second: String,
}

async fn pairs(app: &TestApp, query: &str) -> BTreeSet<(String, String)> {
    let rows: Vec<Pair> = diesel::sql_query(query).load(&mut app.conn().await).await.expect("the catalogue");
    rows.into_iter().map(|row| (row.first, row.second)).collect()
}

fn has(table: &Table, column: &str) -> bool {
    table.columns.iter().any(|known| known.name == column)
}

#[tokio::test]
async fn every_column_of_every_table_is_on_the_map_and_nothing_else_is() {
    let app = TestApp::start().await;
    let query = "SELECT table_name::text AS first, column_name::text AS second FROM information_schema.columns \
        JOIN information_schema.tables USING (table_schema, table_name) WHERE table_schema = 'public' AND table_type = 'BASE TABLE'";
    let stored = pairs(&app, query).await;
    let columns = |table: &Table| {
        table.columns.iter().map(|column| (table.name.to_owned(), column.name.to_owned())).collect::<Vec<_>>()
    };
    let listed: Vec<(String, String)> = data_map::tables().flat_map(columns).collect();
    let mapped: BTreeSet<(String, String)> = listed.iter().cloned().collect();
    assert_eq!(
        mapped.difference(&stored).collect::<Vec<_>>(),
        Vec::<&_>::new(),
        "on the map and not in the database"
    );
    assert_eq!(
        stored.difference(&mapped).collect::<Vec<_>>(),
        Vec::<&_>::new(),
        "in the database and not on the map"
    );
    assert_eq!(listed.len(), mapped.len(), "something is on the map twice");
}

#[tokio::test]
async fn a_table_that_belongs_to_a_library_is_there_under_its_name() {
    let app = TestApp::start().await;
    let query =
        "SELECT table_schema::text AS first, table_name::text AS second FROM information_schema.tables";
    let stored = pairs(&app, query).await;
    for table in data_map::tables().filter(|table| table.columns.is_empty()) {
        let (schema, name) = table.name.split_once('.').expect("a table of ours has its columns on the map");
        assert!(stored.contains(&(schema.to_owned(), name.to_owned())), "{}", table.name);
    }
}

#[tokio::test]
async fn what_goes_by_cascade_hangs_on_a_row_that_takes_it_along() {
    let app = TestApp::start().await;
    let query = "SELECT c.conrelid::regclass::text AS first, a.attname::text AS second FROM pg_constraint c \
                 JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.confdeltype = 'c'";
    let cascades = pairs(&app, query).await;
    let query = "SELECT tgrelid::regclass::text AS first, tgfoid::regproc::text AS second FROM pg_trigger WHERE tgname LIKE '%_drop'";
    let drops = pairs(&app, query).await;
    for table in data_map::tables().filter(|table| table.erasure == Erasure::Cascade) {
        let ways = [table.owner].into_iter().chain(table.also.iter().copied());
        let lists = ways.filter_map(|way| if let Owner::Listed(list, _) = way { Some(list) } else { None });
        let lists: Vec<&str> = lists.collect();
        if !lists.is_empty() {
            let dropped = |list: &&str| drops.contains(&((*list).to_owned(), "drop_listed_file".to_owned()));
            assert!(lists.iter().all(dropped), "{} stays when {lists:?} go", table.name);
            continue;
        }
        let (Owner::Person(column) | Owner::Through(column, _)) = table.owner else {
            panic!("{} has no owner", table.name)
        };
        assert!(
            cascades.contains(&(table.name.to_owned(), column.to_owned())),
            "{}.{column} does not cascade",
            table.name
        );
    }
}

#[test]
fn owners_and_sooner_rules_name_columns_that_are_there() {
    let all: Vec<&Table> = data_map::tables().collect();
    for table in &all {
        for way in [table.owner].iter().chain(table.also) {
            match *way {
                Owner::Person(column) | Owner::Address(column) | Owner::Digest(column, _) => {
                    assert!(has(table, column), "{}", table.name)
                }
                Owner::Through(column, other) => {
                    let parent = all.iter().find(|table| table.name == other);
                    assert!(
                        has(table, column) && parent.is_some_and(|parent| has(parent, "id")),
                        "{}",
                        table.name
                    );
                }
                Owner::Listed(list, column) => {
                    let list = all.iter().find(|table| table.name == list);
                    assert!(has(table, "id") && list.is_some_and(|list| has(list, column)), "{}", table.name);
                }
                Owner::Nobody => {
                    assert!(matches!(table.erasure, Erasure::Keep(_)), "{} is nobody's", table.name)
                }
            }
        }
        assert!(table.sooner.iter().all(|(column, _)| has(table, column)), "{}", table.name);
    }
}

#[test]
fn secrets_never_leave_in_an_export_and_hashes_count_as_secrets() {
    for table in data_map::tables() {
        for column in table.columns {
            let place = format!("{}.{}", table.name, column.name);
            let secret = ["password_hash", "token_hash", "secret", "code_digest", "credential_id"]
                .iter()
                .any(|word| column.name.contains(word));
            assert!(!secret || column.category == Category::Sensitive, "{place} is a secret");
            assert!(
                column.category != Category::Sensitive
                    || column.export == Export::HeldNeverExported
                    // What a customer sent or received is theirs, sealed or not.
                    || (column.export == Export::Opened
                        && ["communication_bodies.sealed_body", "subscriber_records.sealed_identification"]
                            .contains(&place.as_str())),
                "{place} would be exported"
            );
            assert!(
                !column.purpose.is_empty() && column.purpose.ends_with('.'),
                "{place} says why it is kept"
            );
        }
    }
}

#[test]
fn every_table_with_somebody_in_it_has_a_rule_that_somebody_carries_out() {
    for table in data_map::tables().filter(|table| table.owner != Owner::Nobody) {
        assert!(RULES.contains(&table.rule), "{} keeps to a rule that is not on the list", table.name);
        match (table.rule.carried, table.erasure) {
            (Carried::Nobody, Erasure::Keep(_)) | (Carried::WithOwner, _) => {}
            (Carried::Nobody, _) => panic!("{} is kept without a reason", table.name),
            (Carried::Entry(name) | Carried::Ends(name, _), _) => {
                assert!(TIMETABLE.iter().any(|entry| entry.name == name), "{name}")
            }
            (Carried::Sweep(_, tables), erasure) => {
                let is_swept = |name: &str| tables.iter().any(|rows| rows.table == name);
                // What hangs on a swept row goes with it, and what hangs on that.
                let mut above = table;
                while let (Owner::Through(_, parent), Erasure::Cascade, false) =
                    (above.owner, erasure, is_swept(above.name))
                {
                    above = data_map::table(parent).expect("a table of the map");
                }
                assert!(is_swept(above.name), "{} is not swept", table.name);
            }
        }
    }
}

#[test]
fn every_rule_is_used_and_sweeps_only_tables_that_keep_to_it() {
    let tables: Vec<&Table> = data_map::tables().collect();
    for rule in RULES {
        let used = tables
            .iter()
            .any(|table| table.rule == *rule || table.sooner.iter().any(|(_, sooner)| sooner == rule));
        assert!(used || OUTSIDE.contains(rule), "nothing keeps to {}", rule.id);
        assert!(!rule.about.is_empty(), "{} says what it is for", rule.id);
        for rows in rule.rows() {
            assert!(
                tables.iter().any(|table| table.name == rows.table && table.rule == *rule),
                "{} sweeps {}",
                rule.id,
                rows.table
            );
        }
    }
}
