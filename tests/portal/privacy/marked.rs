//! Nothing of a person is forgotten: a marker stands in every text, JSON and address column of every table that the map
//! says is theirs. A copy holds each of them but for what the map says does not leave, and after an erasure none is
//! anywhere in the database.

use std::collections::{BTreeMap, BTreeSet};

use diesel::QueryableByName;
use diesel::sql_types::{Bool, Nullable, Text};
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::new_uuid;
use portal::privacy::data_map::{self, Erasure, Export, Owner, Table};
use portal::privacy::erasure::{self, Cause, Of};

use super::erasure::found;
use super::exports::{fetch, order};
use crate::support::{TestApp, TestPerson, count, run};

/// A column, as the catalogue describes it.
#[derive(Clone, QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    required: bool,
    /// The table that it refers to.
    #[diesel(sql_type = Nullable<Text>)]
    refers_to: Option<String>,
    /// The first value that a check allows.
    #[diesel(sql_type = Nullable<Text>)]
    allowed: Option<String>,
}

/// What a column must hold so that its row may be there, as SQL; where `None`, nothing.
const FIXED: &[(&str, &str, Option<&str>)] = &[
    ("sessions", "credential_version", Some("1")),
    ("sessions", "kind", Some("'customer'")),
    ("sessions", "expires_at", Some("now() + interval '1 day'")),
    ("audit_details", "salt", Some("decode(repeat('00', 16), 'hex')")),
    ("phone_verifications", "sign_up_id", None),
    ("phone_verifications", "expires_at", Some("now() + interval '10 minutes'")),
    ("account_recoveries", "ready_at", Some("now() + interval '73 hours'")),
    ("account_recoveries", "expires_at", Some("now() + interval '9 days'")),
    ("account_members", "account_id", Some("'$other_account'")),
    ("account_handovers", "from_id", Some("'$other_person'")),
    ("account_handovers", "to_id", Some("'$person'")),
    ("claims", "parties", Some("'[{\"name\": \"$marker\"}]'")),
    ("claims", "currency", None),
    ("claims", "vin", None),
    ("claims", "loan_number_last4", None),
    ("newsletter_sign_ups", "expires_at", Some("now() + interval '7 days'")),
    ("white_paper_requests", "expires_at", Some("now() + interval '7 days'")),
    ("exports", "file", None),
    // Of a list of ours, kept by domains.
    ("preference_decisions", "channel", Some("'email'")),
    ("preference_decisions", "choice", Some("'subscribed'")),
    ("preference_decisions", "actor", Some("'person'")),
    ("preference_decisions", "via", Some("'link'")),
    ("preference_decisions", "reason", Some("'$marker'")),
    // A yes takes a partner that is published.
    ("partner_decisions", "choice", Some("'refused'")),
    ("partner_decisions", "actor", Some("'person'")),
    ("partner_decisions", "via", Some("'link'")),
    ("data_requests", "state", None),
    ("data_requests", "version", None),
    ("data_requests", "reminded", None),
    ("data_requests", "kind", Some("'correction'")),
    ("data_requests", "asked_kind", Some("'correction'")),
    ("data_requests", "channel", Some("'email'")),
    ("data_requests", "gdpr", Some("false")),
    ("data_requests", "due_at", Some("now() + interval '45 days'")),
    ("data_requests", "longest_due_at", Some("now() + interval '90 days'")),
    ("data_request_steps", "state", None),
    ("data_request_steps", "how", None),
    ("data_request_steps", "reason_code", None),
    ("data_request_steps", "legal_ground", None),
    ("data_request_steps", "act", Some("'received'")),
    ("data_request_steps", "actor_kind", Some("'requester'")),
    ("data_request_withheld", "look_again_on", Some("current_date + 30")),
    ("data_request_codes", "expires_at", Some("now() + interval '1 hour'")),
    ("desk_claims", "expires_at", Some("now() + interval '1 hour'")),
    ("desk_looks", "expires_at", Some("now() + interval '1 hour'")),
    ("disputes", "state", None),
    ("disputes", "version", None),
    ("disputes", "reminded", None),
    ("disputes", "due_at", Some("now() + interval '30 days'")),
    ("dispute_steps", "state", None),
    ("dispute_steps", "act", Some("'received'")),
    ("disclosures", "state", None),
    ("disclosures", "recipient_kind", Some("'legal'")),
    // Who asks is none of ours.
    ("disclosures", "recipient", Some("'A court'")),
    ("disclosures", "ground", Some("'law'")),
    ("disclosures", "classes", Some("'{account}'")),
    ("disclosures", "categories", Some("'{identifiers}'")),
    ("disclosures", "account_id", None),
    ("disclosures", "method", None),
    ("disclosures", "silent_since", Some("current_date")),
    ("disclosures", "silent_until", Some("current_date + 30")),
    ("disclosure_steps", "state", None),
    ("disclosure_steps", "outcome", None),
    ("disclosure_steps", "act", Some("'received'")),
    // From a list of ours.
    ("data_request_withheld", "reason_code", Some("'legal_duty'")),
    ("data_request_withheld", "legal_ground", Some("'A law.'")),
    // What a provider calls its report, and mail servers nobody.
    ("mail_reports", "external_id", Some("'x'")),
    ("imports", "product", Some("'claims'")),
    ("account_closures", "content_until", Some("now() + interval '30 days'")),
    ("account_closures", "data_until", Some("now() + interval '60 days'")),
    ("suspensions", "decided_by_kind", Some("'staff'")),
    ("suspensions", "decided_by", Some("gen_random_uuid()")),
    ("suspensions", "automated", Some("false")),
    ("suspensions", "appeal_until", Some("now() + interval '7 months'")),
    ("appeals", "due_at", Some("now() + interval '2 days'")),
    ("appeals", "outcome", None),
    ("appeals", "decision_words", None),
    ("appeals", "account_id", Some("'$account'")),
    // Ids and a signature, and no words of anybody.
    ("receipts", "document", Some("'a.b.c'")),
    ("holds", "account_id", None),
    ("holds", "table_name", None),
    ("holds", "ended_because", None),
    ("holds", "lapses_at", Some("now() + interval '3 days'")),
    ("invoices", "source", Some("'processor'")),
    ("invoices", "currency", Some("'EUR'")),
    ("invoices", "billing_country", Some("'DE'")),
    ("invoices", "voided_on", Some("current_date")),
    ("invoices", "kept_until", Some("now() + interval '8 years'")),
    // What was not accepted is kept by no law.
    ("subscriber_records", "outcome", Some("'accepted'")),
    ("subscriber_records", "decided_on", Some("current_date")),
    ("subscriber_records", "refused_because", None),
];

/// What stays in identifying form because a law asks for it (S74, S75).
const KEPT_BY_LAW: &[&str] = &["invoices", "subscriber_record_shares"];

async fn columns(app: &TestApp, table: &str) -> Vec<Column> {
    diesel::sql_query(
        "SELECT a.attname::text AS name, format_type(coalesce(nullif(t.typbasetype, 0), a.atttypid), NULL) AS kind, \
            a.attnotnull AND NOT a.atthasdef AND a.attidentity = '' AS required, \
            (SELECT c.confrelid::regclass::text FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype = 'f' AND a.attnum = ANY (c.conkey) LIMIT 1) AS refers_to, \
            coalesce((SELECT (regexp_match(pg_get_constraintdef(c.oid), 'ARRAY\\[''([^'']+)'''))[1] \
                FROM pg_constraint c WHERE c.contypid = a.atttypid AND pg_get_constraintdef(c.oid) ~ 'VALUE.* = ANY' LIMIT 1), \
            (SELECT (regexp_match(pg_get_constraintdef(c.oid), a.attname || '(?:\\)?)(?:::text)? = ANY \\(+ARRAY\\[''([^'']+)'''))[1] \
                FROM pg_constraint c WHERE c.conrelid = a.attrelid AND c.contype = 'c' AND a.attnum = ANY (c.conkey) \
                AND pg_get_constraintdef(c.oid) ~ (a.attname || '(\\))?(::text)? = ANY') LIMIT 1)) AS allowed \
         FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum",
    )
    .bind::<Text, _>(table)
    .load(&mut app.conn().await)
    .await
    .unwrap_or_else(|error| panic!("{table}: {error}"))
}

/// Whom the rows are about, and what was planted.
struct Planter<'a> {
    app: &'a TestApp,
    person: &'a TestPerson<'a>,
    account: uuid::Uuid,
    /// Somebody else and their account.
    other: (uuid::Uuid, uuid::Uuid),
    /// Tables with a row, and the id of it.
    planted: BTreeMap<String, uuid::Uuid>,
    /// Markers, by table and column.
    markers: BTreeMap<(String, String), String>,
}

impl Planter<'_> {
    fn marker(&mut self, table: &str, column: &str) -> String {
        let marker = format!("marker-{:04}-zz", self.markers.len());
        self.markers.insert((table.to_owned(), column.to_owned()), marker.clone());
        marker
    }

    /// What a column of a row of theirs holds, as SQL; nothing for its default.
    fn value(&mut self, table: &Table, column: &Column, id: uuid::Uuid) -> Option<String> {
        let name = column.name.as_str();
        if let Some((.., value)) = FIXED.iter().find(|(of, known, _)| *of == table.name && *known == name) {
            let marker =
                value.filter(|value| value.contains("$marker")).map(|_| self.marker(table.name, name));
            return value.map(|value| {
                let value = value.replace("$other_account", &self.other.1.to_string());
                let value = value.replace("$other_person", &self.other.0.to_string());
                let value = value.replace("$person", &self.person.id.0.to_string());
                let value = value.replace("$account", &self.account.to_string());
                value.replace("$marker", marker.as_deref().unwrap_or_default())
            });
        }
        for way in [table.owner].into_iter().chain(table.also.iter().copied()) {
            match way {
                Owner::Person(of) if of == name => return Some(format!("'{}'", self.person.id.0)),
                Owner::Through(of, "accounts") if of == name => return Some(format!("'{}'", self.account)),
                Owner::Through(of, parent) if of == name => {
                    return Some(format!("'{}'", self.planted.get(parent)?));
                }
                Owner::Address(of) if of == name && !names_person(table) => {
                    return Some(format!("'{}'", self.person.email));
                }
                Owner::Digest(of, _) if of == name => {
                    return Some(format!(
                        "'\\x{}'",
                        hex::encode(self.app.keys.email_digest(&self.person.email))
                    ));
                }
                _ => {}
            }
        }
        if name == "id" {
            return Some(format!("'{id}'"));
        }
        if let Some(parent) = &column.refers_to {
            let known = match parent.as_str() {
                "people" => Some(self.person.id.0),
                "accounts" => Some(self.account),
                parent => self.planted.get(parent).copied(),
            };
            return known.filter(|_| column.required).map(|id| format!("'{id}'"));
        }
        self.plain(table, column)
    }

    fn plain(&mut self, table: &Table, column: &Column) -> Option<String> {
        let kept = matches!(table.erasure, Erasure::Keep(_)) && !KEPT_BY_LAW.contains(&table.name);
        if let Some(allowed) = &column.allowed {
            return column.required.then(|| format!("'{allowed}'"));
        }
        Some(match column.kind.as_str() {
            // What stays for good names people by their ids alone.
            "text" if kept => return column.required.then(|| "'x'".into()),
            "text" => format!("'{}'", self.marker(table.name, &column.name)),
            "jsonb" | "json" => format!("'{{\"said\": \"{}\"}}'", self.marker(table.name, &column.name)),
            "text[]" => format!("ARRAY['{}']", self.marker(table.name, &column.name)),
            "inet" => {
                let address = format!("203.0.113.{}", self.markers.len() % 200 + 20);
                self.markers.insert((table.name.to_owned(), column.name.clone()), address.clone());
                format!("'{address}'")
            }
            _ if !column.required => return None,
            "uuid" => format!("'{}'", new_uuid(self.app.clock.now())),
            "bytea" => format!("sha256('{}-{}')", table.name, column.name),
            "boolean" => "true".into(),
            "timestamp with time zone" => "now()".into(),
            "date" => "current_date".into(),
            "bigint[]" => "'{1}'".into(),
            "bytea[]" => "'{}'".into(),
            _ => "1".into(),
        })
    }

    async fn plant(&mut self, table: &'static Table) -> Result<(), String> {
        let id = new_uuid(self.app.clock.now());
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for column in columns(self.app, table.name).await {
            if let Some(value) = self.value(table, &column, id) {
                names.push(column.name);
                values.push(value);
            }
        }
        let statement =
            format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), values.join(", "));
        diesel::sql_query(&statement)
            .execute(&mut self.app.conn().await)
            .await
            .map_err(|error| format!("{error}\n  {statement}"))?;
        self.planted.insert(table.name.to_owned(), id);
        Ok(())
    }
}

fn names_person(table: &Table) -> bool {
    [table.owner].into_iter().chain(table.also.iter().copied()).any(|way| matches!(way, Owner::Person(_)))
}

/// Tables that are somebody's, those that others hang on first. People and accounts are made as people make them.
fn theirs() -> Vec<&'static Table> {
    let mut open: Vec<&Table> = data_map::tables()
        .filter(|table| table.owner != Owner::Nobody && !table.columns.is_empty())
        .filter(|table| !["people", "accounts", "account_states", "auth_tokens"].contains(&table.name))
        .collect();
    let mut done: Vec<&Table> = Vec::new();
    while !open.is_empty() {
        let before = open.len();
        open.retain(|table| {
            let ways = [table.owner].into_iter().chain(table.also.iter().copied());
            let waits = ways.clone().any(|way| match way {
                Owner::Through(_, parent) => {
                    !["accounts", "people"].contains(&parent) && done.iter().all(|known| known.name != parent)
                }
                _ => false,
            });
            if !waits {
                done.push(table);
            }
            waits
        });
        assert!(open.len() < before, "a circle among {:?}", open.iter().map(|t| t.name).collect::<Vec<_>>());
    }
    // What lists files names one.
    done.sort_by_key(|table| (table.name == "data_request_withheld", table.name != "files"));
    done
}

async fn planted<'a>(app: &'a TestApp, person: &'a TestPerson<'a>) -> Planter<'a> {
    let account = person.account().await.0;
    let grace = app.customer("grace@example.com").await;
    let other = (grace.id.0, grace.account().await.0);
    let mut planter =
        Planter { app, person, account, other, planted: BTreeMap::new(), markers: BTreeMap::new() };
    // A parent that nobody owns, as rows refer to it.
    for (table, statement) in PARENTS {
        let id = new_uuid(app.clock.now());
        run(app, &statement.replace("$1", &id.to_string())).await;
        planter.planted.insert((*table).to_owned(), id);
    }
    // A row at a time: nobody is told of the suspension yet.
    run(app, "ALTER TABLE suspensions DISABLE TRIGGER suspensions_notice").await;
    run(app, "ALTER TABLE partner_share_contacts DISABLE TRIGGER partner_share_contacts_consent").await;
    let mut failed = Vec::new();
    for table in theirs() {
        if let Err(error) = planter.plant(table).await {
            failed.push(error);
        }
        // What is withheld is named only while a request is decided.
        if table.name == "data_request_tries"
            && let Some(request) = planter.planted.get("data_requests")
        {
            let verified = format!(
                "INSERT INTO data_request_steps (id, request_id, act, actor_kind, actor_id, at, how, note) \
                 VALUES (gen_random_uuid(), '{request}', 'verified', 'staff', gen_random_uuid(), now(), 'staff', 'Seen.')"
            );
            run(app, &verified).await;
        }
    }
    assert!(failed.is_empty(), "no row could be planted:\n{}", failed.join("\n"));
    for (table, of) in [("people", "id"), ("accounts", "id")] {
        let id = if table == "people" { person.id.0 } else { account };
        for column in ["name", "company", "role"] {
            if data_map::find(&format!("{table}.{column}")).is_some() {
                let marker = planter.marker(table, column);
                run(app, &format!("UPDATE {table} SET {column} = '{marker}' WHERE {of} = '{id}'")).await;
            }
        }
    }
    planter
}

/// Rows that rows of a person refer to.
const PARENTS: &[(&str, &str)] = &[
    (
        "campaigns",
        "INSERT INTO campaigns (id, name, topic, subject, body, created_at, changed_at) VALUES ('$1', 'x', 'newsletter', 'x', 'x', now(), now())",
    ),
    (
        "partners",
        "INSERT INTO partners (id, name, sends, policy_url, contact_email, proposed_by, proposed_at) VALUES ('$1', 'x', 'x', 'https://example.com', 'a@example.com', gen_random_uuid(), now())",
    ),
    (
        "partner_shares",
        "INSERT INTO partner_shares (id, partner_id, made_by, made_at) SELECT '$1', id, gen_random_uuid(), now() FROM partners",
    ),
    (
        "events",
        "INSERT INTO events (id, title, about, place, starts_at, ends_at, capacity, created_at) VALUES ('$1', 'x', '', '', now() + interval '1 day', now() + interval '2 days', 1, now())",
    ),
    (
        "white_papers",
        "INSERT INTO white_papers (id, title, summary, body, created_at) VALUES ('$1', 'x', '', 'x', now())",
    ),
    (
        "surveys",
        "INSERT INTO surveys (id, title, about, questions, created_at) VALUES ('$1', 'x', '', '{x}', now())",
    ),
    (
        "rules",
        "INSERT INTO rules (id, name, created_by, created_at) VALUES ('$1', 'A rule', gen_random_uuid(), now())",
    ),
    (
        "rule_versions",
        "INSERT INTO rule_versions (id, rule_id, number, expression, parameters, weight, reason_code, words, level, created_by, created_at, mode_since) \
         SELECT '$1', id, 1, 'networks > 1', '{}', 1, 'spam', 'Words for the customer.', 'warned', created_by, now(), now() FROM rules",
    ),
    (
        "rule_replays",
        "INSERT INTO rule_replays (id, version_id, from_hour, to_hour, began_at) SELECT '$1', id, now() - interval '30 days', now(), now() FROM rule_versions",
    ),
];

#[tokio::test]
async fn a_copy_holds_every_marker_but_for_what_the_map_says_does_not_leave() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let planter = planted(&app, &ada).await;
    let browser = app.sign_in_as(&ada).await;
    run(&app, "UPDATE exports SET finished_at = NULL, given_up_at = now(), stumbled_over = 'fault'").await;
    let path = order(&browser, "person").await.location().to_owned();
    app.run_jobs().await;
    let everything = fetch(&browser, &path).await.everything();
    let (mut missing, mut leaked) = (BTreeSet::new(), BTreeSet::new());
    for ((table, column), marker) in &planter.markers {
        let (of, known) = data_map::find(&format!("{table}.{column}")).expect("every column is on the map");
        let leaves = matches!(known.export, Export::Yes | Export::Opened) && !withheld(of, column);
        match (leaves, everything.contains(marker.as_str())) {
            (true, false) => missing.insert(format!("{table}.{column}")),
            (false, true) => leaked.insert(format!("{table}.{column}")),
            _ => continue,
        };
    }
    assert!(missing.is_empty(), "not in the copy: {missing:?}");
    assert!(leaked.is_empty(), "in the copy and should not be: {leaked:?}");
    assert!(planter.markers.len() > 100, "{}", planter.markers.len());
    app.mailbox().await;
}

/// Address and browser of whoever acted, where that was not the person; and holds and disclosures that the law forbids to tell of.
fn withheld(table: &Table, _column: &str) -> bool {
    matches!(table.name, "audit_details" | "holds" | "disclosures" | "disclosure_steps")
}

/// The columns in which a marker still stands.
async fn standing(app: &TestApp, planter: &Planter<'_>) -> Vec<String> {
    let mut standing = Vec::new();
    for ((table, column), marker) in &planter.markers {
        let rows = format!("{table} WHERE {column}::text LIKE '%{marker}%'");
        if count(app, &rows).await > 0 {
            standing.push(format!("{table}.{column}"));
        }
    }
    standing
}

#[tokio::test]
async fn after_an_erasure_no_marker_is_left_anywhere() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let planter = planted(&app, &ada).await;
    // What stands against it is the business of other tests.
    run(&app, "UPDATE holds SET ended_at = now(), ended_because = 'Lapsed.', ended_by = NULL").await;
    run(&app, "DELETE FROM erasures").await;
    let before = found(&app, "marker-").await;
    assert!(before.len() > 30, "{before:?}");
    let id = erasure::order(&mut *app.conn().await, Of::Person(ada.id), Cause::Desk, app.clock.now())
        .await
        .unwrap();
    erasure::job::carry_out(&app, id).await.expect("nothing stands against it");
    app.mail_to("ada@example.com").await;
    let left = found(&app, "marker-").await;
    assert_eq!(left, KEPT_BY_LAW, "after {id} markers stand in {:?}", standing(&app, &planter).await);
    assert_eq!(count(&app, "invoices WHERE account_id IS NOT NULL").await, 0, "and lead to no account");
    assert_eq!(
        count(&app, "subscriber_records WHERE account_id IS NULL").await,
        1,
        "nor does what they are about"
    );
    for address in planter.markers.values().filter(|marker| marker.starts_with("203.")) {
        let left = found(&app, address).await;
        assert!(left.is_empty(), "{address} stands in {left:?}");
    }
    // A day after the last mail left.
    app.run_jobs().await;
    app.travel(chrono::Duration::days(1)).await;
    app.run_timetable().await;
    let left = found(&app, "ada@example.com").await;
    assert!(left.is_empty(), "the address stands in {left:?}");
    app.mailbox().await;
}
