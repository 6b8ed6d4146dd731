//! Rules of the demo: one in each mode, a month of what accounts did, and what the rules say to that.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Integer, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{accounts, cast};
use crate::platform::app::App;
use crate::platform::db::schema::{rule_proposals, rule_replays, rules as table};
use crate::platform::ids::{AccountId, RuleId, RuleVersionId};
use crate::trust::rules::draft::NewVersion;
use crate::trust::rules::modes::Set;
use crate::trust::rules::{self, Mode, evaluation, parameters, replay};
use crate::trust::signals::hour_of;

/// A rule: its name, what it says with its thresholds, its weight, for which reason, what it leads to for how many hours,
/// the words, and its mode.
struct Rule {
    name: &'static str,
    says: (&'static str, &'static str),
    weight: i32,
    reason: &'static str,
    level: (&'static str, Option<i32>),
    words: &'static str,
    mode: Mode,
}

const RULES: [Rule; 4] = [
    Rule {
        name: "Same words to many strangers",
        says: (
            "new_recipients_day > strangers && same_words_percent > alike",
            "strangers = 1000\nalike = 90",
        ),
        weight: 100,
        reason: "spam",
        level: ("sending_paused", Some(72)),
        words: "Within a day the account sent the same words to a great many people that it had never written to. That is what unwanted advertising looks like.",
        mode: Mode::Enforce,
    },
    Rule {
        name: "Too much comes back",
        says: ("bounced_percent > share && outbound_day > enough", "share = 12\nenough = 200"),
        weight: 100,
        reason: "spam",
        level: ("warned", Some(168)),
        words: "Many messages of the account came back as undeliverable. Addresses that nobody has checked harm everybody who sends through us.",
        mode: Mode::Review,
    },
    Rule {
        name: "Far more than usual",
        says: ("outbound_times_usual > times && outbound_day > enough", "times = 4\nenough = 200"),
        weight: 60,
        reason: "security",
        level: ("warned", None),
        words: "The account sent many times as much as it usually does. If that was not you, somebody else may be using it.",
        mode: Mode::Shadow,
    },
    Rule {
        name: "More than a thousand an hour",
        says: ("outbound_hour > most", "most = 1000"),
        weight: 100,
        reason: "abuse",
        level: ("api_read_only", Some(24)),
        words: "The account sent more than a thousand messages in an hour.",
        mode: Mode::Retired,
    },
];

fn staff(role: &str) -> Uuid {
    let part = cast::CAST.iter().find(|part| part.email.starts_with(role)).expect("somebody of the cast");
    part.id().0
}

fn id(number: usize) -> Uuid {
    // Always the same ids: of two processes with one demo, the second finds them.
    Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0004_0000 | u128::try_from(number).unwrap_or(0))
}

/// Makes the rules and what they are about, if there are none, and lets them look.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    if table::table.count().get_result::<i64>(&mut conn).await? > 0 {
        return Ok(());
    }
    let made = conn
        .transaction(async |conn| {
            for (number, rule) in RULES.iter().enumerate() {
                make(conn, number, rule, now).await?;
            }
            for number in [1, 2] {
                month(conn, accounts::id(number), now).await?;
            }
            Ok(())
        })
        .await;
    match made {
        // A second process with the same demo was first.
        Err(diesel::result::Error::DatabaseError(diesel::result::DatabaseErrorKind::UniqueViolation, _)) => {
            return Ok(());
        }
        other => other?,
    }
    evaluation::run(app).await
}

async fn make(
    conn: &mut AsyncPgConnection,
    number: usize,
    rule: &Rule,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let (written, version) = (now - Duration::days(20), RuleVersionId(id(number)));
    diesel::insert_into(table::table)
        .values((
            table::id.eq(RuleId(id(number))),
            table::name.eq(rule.name),
            table::created_by.eq(staff("support@")),
            table::created_at.eq(written),
        ))
        .execute(conn)
        .await?;
    let new = NewVersion {
        expression: rule.says.0.into(),
        parameters: parameters::parse_parameters(rule.says.1).expect("thresholds of the demo"),
        weight: rule.weight,
        reason_code: rule.reason.into(),
        words: rule.words.into(),
        level: rule.level.0.into(),
        hours: rule.level.1,
    };
    rules::insert(conn, (version, RuleId(id(number)), 1), &new, staff("support@"), written).await?;
    if rule.mode > Mode::Shadow {
        move_on(conn, number, rule.mode, now - Duration::days(15)).await?;
    }
    if rule.mode == Mode::Retired {
        let because = "An hour is too short: it caught honest senders at month's end.";
        let set = Set { mode: rule.mode, proposal: None, by: Some(staff("admin@")), because };
        set.apply(conn, version, now - Duration::days(10)).await?;
    }
    Ok(())
}

/// Proposed by one and approved by another, with a replay.
async fn move_on(
    conn: &mut AsyncPgConnection,
    number: usize,
    mode: Mode,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let (version, because) =
        (RuleVersionId(id(number)), "The replay names two senders whom we had to stop by hand.");
    diesel::insert_into(rule_replays::table)
        .values((
            rule_replays::id.eq(id(number)),
            rule_replays::version_id.eq(version),
            rule_replays::from_hour.eq(hour_of(at) - replay::BACK),
            rule_replays::to_hour.eq(hour_of(at)),
            rule_replays::began_at.eq(at),
            rule_replays::finished_at.eq(at),
        ))
        .execute(conn)
        .await?;
    diesel::insert_into(rule_proposals::table)
        .values((
            rule_proposals::id.eq(id(number)),
            rule_proposals::version_id.eq(version),
            rule_proposals::mode.eq(mode.as_str()),
            rule_proposals::replay_id.eq(id(number)),
            rule_proposals::why.eq(because),
            rule_proposals::proposed_by.eq(staff("support@")),
            rule_proposals::proposed_at.eq(at),
        ))
        .execute(conn)
        .await?;
    diesel::update(rule_proposals::table.find(id(number)))
        .set((
            rule_proposals::outcome.eq("approved"),
            rule_proposals::decided_by.eq(staff("admin@")),
            rule_proposals::decided_at.eq(at),
        ))
        .execute(conn)
        .await?;
    let set = Set { mode, proposal: Some(id(number)), by: Some(staff("admin@")), because };
    set.apply(conn, version, at).await
}

/// A month of office hours, and a day that is not like the others.
async fn month(conn: &mut AsyncPgConnection, account: AccountId, now: DateTime<Utc>) -> QueryResult<()> {
    diesel::sql_query(
        "WITH one AS (SELECT id FROM accounts WHERE id = $1), \
         hours AS (SELECT id, h, $2 - make_interval(hours => h) AS hour, \
                CASE WHEN h < 6 THEN 90 + (h * 37) % 60 ELSE (h * 13) % 9 END AS sent \
            FROM one, generate_series(0, 24 * 29) AS h \
            WHERE h < 6 OR extract(hour FROM ($2 - make_interval(hours => h)) AT TIME ZONE 'UTC') BETWEEN 7 AND 18), \
         counted AS (INSERT INTO signal_hours (account_id, hour, requests, errors, outbound, recipients, new_recipients, bounced, bodies, same_body) \
            SELECT id, hour, sent * 3, sent / 20, sent, sent, CASE WHEN h < 6 THEN sent - 4 ELSE 1 END, sent / $3, sent, CASE WHEN h < 6 THEN sent - 10 ELSE sent / 3 END \
            FROM hours ON CONFLICT DO NOTHING RETURNING account_id) \
         INSERT INTO signal_accounts (account_id, changed_at) SELECT DISTINCT account_id, $2 FROM counted ON CONFLICT DO NOTHING",
    )
    .bind::<SqlUuid, _>(account)
    .bind::<Timestamptz, _>(hour_of(now))
    .bind::<Integer, _>(if account == accounts::id(1) { 6 } else { 40 })
    .execute(conn)
    .await
    .map(drop)
}
