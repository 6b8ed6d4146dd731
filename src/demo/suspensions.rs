//! Suspensions of the demo: an account in each level, one with an appeal that is open and has messages, and one whose
//! appeal was decided. Staff decided about them; what a rule decides by itself comes of [`super::rules`]. Made once.

use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::{accounts, cast};
use crate::platform::app::App;
use crate::platform::audit::Circumstances;
use crate::platform::db::schema::{accounts as accounts_table, suspensions as table};
use crate::platform::error::violates;
use crate::platform::files::{self, Uploader};
use crate::platform::ids::{AppealId, PersonId, SuspensionId};
use crate::staff::desk::{Queue, claims};
use crate::trust::appeals::{self, Decided};
use crate::trust::suspensions::{
    self, Change, Decider, Decision, EventLine, Evidence, Level, Measure, Reason, Ruling, Series,
};

/// Number of the account, level, reason, days ago, and the facts.
type Part = (u8, Level, Reason, i64, &'static str);

const PARTS: [Part; 4] = [
    (
        3,
        Level::Suspended,
        Reason::Spam,
        20,
        "46 of 100 messages came back within one day, and two recipients complained.",
    ),
    (
        6,
        Level::Warned,
        Reason::Terms,
        6,
        "The account asked for the same claim 40,000 times in an hour, which slows it down for others.",
    ),
    (
        7,
        Level::SendingPaused,
        Reason::Spam,
        3,
        "1,200 people who never had to do with the account got the same text within an hour.",
    ),
    (
        8,
        Level::ApiReadOnly,
        Reason::Security,
        30,
        "The auth token was used from 14 countries within a day, and eleven of them were new.",
    ),
];

/// What an owner sends along with a message.
const LETTER: &str = "Northern Mutual, claims desk\n\n3 October\n\nFrom today on our claims are worked on by Claims Europe. You will hear from them.\n";

fn person(address: &str) -> PersonId {
    cast::CAST.iter().find(|part| part.email.starts_with(address)).expect("somebody of the cast").id()
}

fn id(account: u8) -> Uuid {
    Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0005_0000 | u128::from(account))
}

/// What the day before looked like: quiet, and then over the line.
fn evidence(at: DateTime<Utc>) -> Evidence {
    let label = "Messages that came back".to_owned();
    let point = |hour: i64| {
        let share = if hour < 16 { 2 + hour % 4 } else { 18 + (hour - 16) * 4 };
        (at - Duration::hours(24 - hour), share as f64)
    };
    let event = |hours: i64, what: &str| EventLine { at: at - Duration::hours(hours), what: what.into() };
    Evidence {
        measures: vec![
            Measure {
                signal: "bounce_rate".into(),
                label: label.clone(),
                unit: "%".into(),
                value: 46.0,
                threshold: Some(20.0),
                strict: false,
            },
            Measure {
                signal: "volume".into(),
                label: "Messages, against the account's own days".into(),
                unit: "times as many".into(),
                value: 7.5,
                threshold: Some(5.0),
                strict: false,
            },
        ],
        series: vec![Series {
            signal: "bounce_rate".into(),
            label,
            unit: "%".into(),
            threshold: Some(20.0),
            strict: false,
            points: (0..24).map(point).collect(),
        }],
        events: vec![event(5, "A recipient complained."), event(2, "A recipient complained.")],
    }
}

/// Makes the suspensions, if there are none.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    for part in PARTS {
        let (there, made): (i64, i64) = (
            accounts_table::table
                .filter(accounts_table::id.eq(accounts::id(part.0)))
                .count()
                .get_result(&mut conn)
                .await?,
            table::table.filter(table::id.eq(SuspensionId(id(part.0)))).count().get_result(&mut conn).await?,
        );
        if there == 0 || made > 0 {
            continue;
        }
        match conn.transaction(async |conn| make(conn, app, part).await).await {
            // A second process with the same demo was first.
            Err(error) if violates(&error, "suspensions_pkey") => return Ok(()),
            other => other?,
        }
    }
    Ok(())
}

async fn make(conn: &mut AsyncPgConnection, app: &App, part: Part) -> QueryResult<()> {
    let (account, level, reason, days, words) = part;
    let at = app.clock.now() - Duration::days(days);
    let decider = Decider::Staff(person("support@"));
    let decision = Decision {
        account: accounts::id(account),
        level,
        reason,
        words: words.into(),
        decider,
        expires_at: (level == Level::Warned).then(|| at + Duration::days(30)),
        evidence: if matches!(account, 3 | 7) { evidence(at) } else { Evidence::default() },
    };
    let made = SuspensionId(id(account));
    suspensions::suspend_as(conn, app, made, &decision, &Circumstances::default(), at).await?;
    match account {
        7 => appeal(conn, app, made, at).await,
        8 => decided(conn, app, made, at).await,
        _ => Ok(()),
    }
}

/// An appeal that is open: the reviewer asked, and the owner answered with a file.
async fn appeal(
    conn: &mut AsyncPgConnection,
    app: &App,
    of: SuspensionId,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let suspension = suspensions::find(conn, of).await?;
    let (owner, reviewer) = (person("grace@"), person("reviewer@"));
    let filed = AppealId(id(70));
    let words = "These people are our customers: the list came from the claims desk that we took over in October. We can show the contract.";
    appeals::insert(conn, filed, &suspension, owner, words, at + Duration::hours(4)).await?;
    let asked = "Please name the desk, and tell us since when its customers know that you write to them.";
    appeals::insert_message(conn, filed, ("staff", reviewer), asked, at + Duration::hours(20)).await?;
    let answer = "It is the desk of the Northern Mutual, and they were written to by letter on 3 October.";
    let then = at + Duration::hours(26);
    let message = appeals::insert_message(conn, filed, ("customer", owner), answer, then).await?;
    let letter = files::keep(app, "Letter of 3 October.txt", LETTER.as_bytes()).await;
    let letter = letter.map_err(|error| diesel::result::Error::QueryBuilderError(error.into()))?;
    let by = Uploader::Customer(Some(owner));
    appeals::files::attach(conn, (filed, Some(message)), by, &[letter], then).await
}

/// An appeal that was granted in part: the suspension ends two days from now.
async fn decided(
    conn: &mut AsyncPgConnection,
    app: &App,
    of: SuspensionId,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    let suspension = suspensions::find(conn, of).await?;
    let (owner, reviewer) = (person("grace@"), person("reviewer@"));
    let (filed, then) = (AppealId(id(80)), at + Duration::days(1));
    let words = "A contractor used the token on a journey. We have replaced it, and told everybody to use keys of their own.";
    appeals::insert(conn, filed, &suspension, owner, words, at + Duration::hours(2)).await?;
    claims::claim(conn, Queue::Appeals, filed.0, reviewer, then).await?;
    let words = "The token was replaced, which we can see. Until every program has a key of its own, changes stay closed for some weeks.";
    let decision = Decided { outcome: "shortened", by: reviewer, words, seen: 0 };
    appeals::decide(conn, filed, &decision, then).await?;
    let change = Change::Shortened(app.clock.now() + Duration::days(2));
    let ruling = Ruling { suspension: of, change, by: reviewer, words, appeal: Some(filed), seen: None };
    suspensions::rule_on(conn, &ruling, then).await.map(drop)
}
