//! Writing a rule, and further versions of it. A version never changes once it is written.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::draft::NewVersion;
use super::{Refusal, log, pool};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::db::schema::{rule_versions, rules};
use crate::platform::error::violates;
use crate::platform::ids::{RuleId, RuleVersionId};
use crate::platform::web::guards::SignedIn;

/// Writes a new rule with its first version, which is in shadow.
///
/// # Errors
/// Inside: that the name is taken. Outside: what the database says.
pub async fn create(
    app: &App,
    who: &SignedIn,
    name: &str,
    version: &NewVersion,
) -> QueryResult<Result<(RuleId, i32), Refusal>> {
    let now = app.clock.now();
    let mut conn = app.db.get().await.map_err(pool)?;
    let made = conn
        .transaction(async |conn| {
            people::lock_as(conn, who).await?;
            let rule = RuleId::new(now);
            diesel::insert_into(rules::table)
                .values((
                    rules::id.eq(rule),
                    rules::name.eq(name),
                    rules::created_by.eq(who.person.0),
                    rules::created_at.eq(now),
                ))
                .execute(conn)
                .await?;
            let number = write(conn, who, rule, version, now).await?;
            Ok((rule, number))
        })
        .await;
    match made {
        Err(error) if violates(&error, "rules_name_key") => Ok(Err(Refusal::NameTaken)),
        other => other.map(Ok),
    }
}

/// Writes a further version of a rule, which is in shadow beside what acts now. Answers its number.
///
/// # Errors
/// What the database says; `NotFound`.
pub async fn revise(app: &App, who: &SignedIn, rule: RuleId, version: &NewVersion) -> QueryResult<i32> {
    let now = app.clock.now();
    let mut conn = app.db.get().await.map_err(pool)?;
    conn.transaction(async |conn| {
        // Two that are written at once have two numbers.
        rules::table.find(rule).select(rules::id).for_update().first::<RuleId>(conn).await?;
        people::lock_as(conn, who).await?;
        write(conn, who, rule, version, now).await
    })
    .await
}

async fn write(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    rule: RuleId,
    version: &NewVersion,
    now: DateTime<Utc>,
) -> QueryResult<i32> {
    let last: Option<i32> = rule_versions::table
        .filter(rule_versions::rule_id.eq(rule))
        .select(diesel::dsl::max(rule_versions::number))
        .first(conn)
        .await?;
    let (id, number) = (RuleVersionId::new(now), last.unwrap_or(0) + 1);
    insert(conn, (id, rule, number), version, who.person.0, now).await?;
    log(conn, who, id, "rule.version_written", None, now).await?;
    Ok(number)
}

/// Writes a version as it is.
///
/// # Errors
/// What the database says.
pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    (id, rule, number): (RuleVersionId, RuleId, i32),
    version: &NewVersion,
    by: Uuid,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let parameters = serde_json::to_value(&version.parameters)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    diesel::insert_into(rule_versions::table)
        .values((
            rule_versions::id.eq(id),
            rule_versions::rule_id.eq(rule),
            rule_versions::number.eq(number),
            rule_versions::expression.eq(&version.expression),
            rule_versions::parameters.eq(parameters),
            rule_versions::weight.eq(version.weight),
            rule_versions::reason_code.eq(&version.reason_code),
            rule_versions::words.eq(&version.words),
            rule_versions::level.eq(&version.level),
            rule_versions::hours.eq(version.hours),
            rule_versions::created_by.eq(by),
            rule_versions::created_at.eq(now),
            rule_versions::mode_since.eq(now),
        ))
        .execute(conn)
        .await
        .map(drop)
}
