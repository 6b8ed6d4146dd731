//! Mail about rules: to whoever may tune them.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::bound::{BOUND, Record};
use super::queries;
use crate::platform::app::App;
use crate::platform::ids::RuleVersionId;
use crate::platform::mail as outbox;
use crate::platform::web::pages::moment;
use crate::staff::permissions::Permission;
use crate::staff::team;

crate::mail! {
    /// Tells the desk that a rule no longer acts by itself.
    pub struct RuleSentBack {
        /// Who reads it.
        pub recipient_name: String,
        /// What the rule is called.
        pub rule: String,
        /// Which version.
        pub number: i32,
        /// Appeals that were looked at.
        pub decided: i64,
        /// Of which so many were shortened or lifted.
        pub overturned: i64,
        /// So many of a hundred may be.
        pub bound: i64,
        /// When.
        pub at: String,
        /// The page of the version.
        pub url: String,
    }
    name: "rule_sent_back", text: "mail/rule_sent_back.txt", html: "mail/rule_sent_back.html", class: Transactional,
    subject: |mail| format!("A rule asks again before it restricts: {}", mail.rule)
}

/// Writes to everybody who may tune rules.
pub(super) async fn sent_back(
    conn: &mut AsyncPgConnection,
    app: &App,
    version: RuleVersionId,
    record: Record,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let version = queries::find(conn, version).await?;
    for (reader, recipient_name, email) in team::readers(conn, Permission::TuneRules.roles()).await? {
        let mail = RuleSentBack {
            recipient_name,
            rule: version.name.clone(),
            number: version.number,
            decided: record.decided,
            overturned: record.overturned,
            bound: BOUND,
            at: moment(&now),
            url: app.url(&version.path()),
        };
        outbox::enqueue(conn, &app.keys, now, Some(reader.0), &email, &mail).await?;
    }
    Ok(())
}
