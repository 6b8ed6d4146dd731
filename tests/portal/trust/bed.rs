//! Two people who tune rules, and accounts of which something was counted.

use chrono::{DateTime, Duration, Utc};
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::{AccountId, RuleId, RuleVersionId};
use portal::staff::permissions::Role;
use portal::trust::signals::hour_of;

use crate::support::{Browser, Page, TestApp, run};

/// Two people who may tune rules.
pub struct Desk {
    /// Support.
    pub one: Browser,
    /// An admin.
    pub other: Browser,
}

impl Desk {
    pub async fn of(app: &TestApp) -> Self {
        let one = app.sign_in_as(&app.staff(Role::Support).await).await;
        Self { one, other: app.sign_in_as(&app.staff(Role::Admin).await).await }
    }

    /// Sends the form of a new rule, with these fields other than usual.
    pub async fn send(&self, fields: &[(&str, &str)]) -> Page {
        let mut all = vec![
            ("name", "Many messages"),
            ("expression", "outbound_day > most"),
            ("parameters", "most = 100"),
            ("weight", "100"),
            ("reason", "spam"),
            ("words", "The account sent far more messages than we can let pass."),
            ("level", "sending_paused"),
            ("lasts", "72"),
        ];
        all.retain(|(name, _)| fields.iter().all(|(given, _)| given != name));
        all.extend(fields);
        self.one.get("/staff/rules/new").await.submit(&all).await
    }

    /// Writes a rule, and answers the path of its first version.
    pub async fn write(&self, fields: &[(&str, &str)]) -> String {
        let page = self.send(fields).await;
        assert_eq!(page.status, 303, "{}", page.words());
        page.location().to_owned()
    }

    /// Replays a version, proposes a mode and has it approved.
    pub async fn move_on(&self, app: &TestApp, path: &str, mode: &str) {
        self.propose(app, path, mode).await;
        let page = Self::decide(&self.other, path, "approved").await;
        assert_eq!(page.status, 303, "{}", page.words());
        let words = self.other.get(path).await.words();
        assert!(words.to_lowercase().contains(mode), "{words}");
    }

    /// Decides about the proposal that the page of a version shows.
    pub async fn decide(browser: &Browser, path: &str, answer: &str) -> Page {
        let seen = Self::proposal(browser, path).await;
        browser.post(&format!("{path}/decision"), &[("answer", answer), ("proposal", &seen)]).await
    }

    /// The proposal that the page of a version shows; empty for none.
    pub async fn proposal(browser: &Browser, path: &str) -> String {
        browser.get(path).await.attr("input[name=proposal]", "value").unwrap_or_default()
    }

    pub async fn propose(&self, app: &TestApp, path: &str, mode: &str) {
        self.one.post(&format!("{path}/replay"), &[]).await;
        app.run_jobs().await;
        let why = ("why", "The replay names whom we mean.");
        let page = self.one.post(&format!("{path}/proposal"), &[("mode", mode), why]).await;
        assert_eq!(page.status, 303, "{}", page.words());
    }
}

/// Sets what was counted for an account so many hours ago.
pub async fn count(app: &TestApp, account: AccountId, hours_ago: i64, counts: &[(&str, i64)]) {
    let hour = hour_of(app.clock.now()) - Duration::hours(hours_ago);
    put(app, account, hour, counts).await;
}

pub async fn put(app: &TestApp, account: AccountId, hour: DateTime<Utc>, counts: &[(&str, i64)]) {
    let columns: String = counts.iter().map(|(name, _)| format!(", {name}")).collect();
    let values: String = counts.iter().map(|(_, value)| format!(", {value}")).collect();
    let set: Vec<String> = counts.iter().map(|(name, value)| format!("{name} = {value}")).collect();
    let statement = format!(
        "WITH put AS (INSERT INTO signal_hours (account_id, hour{columns}) VALUES ($1, $2{values}) \
         ON CONFLICT (account_id, hour) DO UPDATE SET {}) \
         INSERT INTO signal_accounts AS one (account_id, changed_at) VALUES ($1, $3) \
         ON CONFLICT (account_id) DO UPDATE SET changed_at = greatest(excluded.changed_at, one.changed_at + interval '1 microsecond')",
        set.join(", ")
    );
    diesel::sql_query(statement)
        .bind::<SqlUuid, _>(account)
        .bind::<Timestamptz, _>(hour)
        .bind::<Timestamptz, _>(app.clock.now())
        .execute(&mut app.conn().await)
        .await
        .unwrap();
}

/// Many accounts of one owner, written as rows, each of which sent so much in this hour.
pub async fn many(app: &TestApp, owner: uuid::Uuid, accounts: i32, outbound: i32) {
    run(app, &format!(
        "WITH made AS (INSERT INTO accounts (id, owner_id, name, created_at, leak_response) \
            SELECT gen_random_uuid(), '{owner}', 'Account ' || n, now() - interval '40 days', 'revoke' FROM generate_series(1, {accounts}) AS n RETURNING id), \
         states AS (INSERT INTO account_states (id, account_id, state, actor_kind, reason, began_at) \
            SELECT gen_random_uuid(), id, 'active', 'system', 'Paid', now() - interval '30 days' FROM made), \
         counted AS (INSERT INTO signal_hours (account_id, hour, outbound) \
            SELECT id, date_trunc('hour', now(), 'UTC'), {outbound} FROM made) \
         INSERT INTO signal_accounts (account_id, changed_at) SELECT id, now() FROM made"
    ))
    .await;
}

/// A rule of these ids, in shadow: what a suspension names is there.
pub async fn known(app: &TestApp, rule: RuleId, version: RuleVersionId) {
    let (rule, version, somebody) = (rule.0, version.0, uuid::Uuid::from_u128(77));
    for statement in [
        format!(
            "INSERT INTO rules (id, name, created_by, created_at) VALUES ('{rule}', 'Rule {rule}', '{somebody}', now()) ON CONFLICT DO NOTHING"
        ),
        format!(
            "INSERT INTO rule_versions (id, rule_id, number, expression, parameters, weight, reason_code, words, level, created_by, created_at, mode_since) \
             VALUES ('{version}', '{rule}', 1, 'networks > 1', '{{}}', 100, 'spam', 'Words for the customer.', 'suspended', '{somebody}', now(), now()) ON CONFLICT DO NOTHING"
        ),
    ] {
        run(app, &statement).await;
    }
}
