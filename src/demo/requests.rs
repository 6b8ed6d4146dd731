//! Requests about data in the demo, in different states: one in progress, one denied, one that waits to be confirmed,
//! a deletion that can still be undone, one that is overdue, and some of people without an account. Made once.

use chrono::{DateTime, Duration, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::cast;
use crate::platform::app::App;
use crate::platform::db::schema::{data_requests, people};
use crate::platform::files;
use crate::platform::ids::{PersonId, RequestId};
use crate::privacy::data_requests::deadlines::{GRACE, Regimes};
use crate::privacy::data_requests::kinds::{Channel, Kind};
use crate::privacy::data_requests::reasons::Reason;
use crate::privacy::data_requests::states::{self, Act, By, Ground, Step};
use crate::privacy::data_requests::{NewRequest, messages, receive};
use crate::privacy::receipts::of_request;

/// How far a request has come.
#[derive(Clone, Copy)]
enum Came {
    /// Receipt is confirmed, and it is worked on.
    Open,
    /// The code is not entered yet.
    Verifying,
    /// A deletion that was confirmed two days ago.
    Confirmed,
    /// Not done, for this reason.
    Denied(&'static str),
    /// Done.
    Done(&'static str),
    /// Taken back.
    Withdrawn,
}

/// Whose, of which kind, how many days ago, in which words, and how far it has come.
type Part = (Result<&'static str, &'static str>, Kind, i64, Option<&'static str>, Came);

/// A file that goes along with a message.
const BOARDING_PASS: &str = "LOVELACE / ADA\nBER to LIS, seat 14A\nBoarding closes at 07:10.\n";

/// `Ok`: somebody of the cast; `Err`: somebody without an account.
const PARTS: [Part; 10] = [
    (
        Ok("ada@example.com"),
        Kind::Correction,
        11,
        Some("The country that you found for my sign-in of last Monday is wrong."),
        Came::Open,
    ),
    (
        Ok("ada@example.com"),
        Kind::Access,
        200,
        None,
        Came::Done("Your copy was made within minutes, and you fetched it on the same day."),
    ),
    (
        Ok("ada@example.com"),
        Kind::Correction,
        70,
        Some("My company is called Analytical Engines Ltd."),
        Came::Denied("accurate"),
    ),
    (Ok("grace@example.com"), Kind::Deletion, 3, None, Came::Confirmed),
    (
        Ok("alan@example.com"),
        Kind::ItemDeletion,
        5,
        Some("Everything that I wrote to support in 2025."),
        Came::Open,
    ),
    (
        Ok("hedy@example.com"),
        Kind::Correction,
        48,
        Some("I am no longer with the company that my record names."),
        Came::Open,
    ),
    (
        Ok("joan@example.com"),
        Kind::Categories,
        90,
        None,
        Came::Done(
            "We hold your name, addresses, numbers, what you chose, and how you signed in. The categories stand in the privacy notice.",
        ),
    ),
    (Ok("edith@example.com"), Kind::Access, 120, None, Came::Withdrawn),
    (Err("visitor@example.org"), Kind::Access, 1, None, Came::Verifying),
    (
        Err("driver@example.org"),
        Kind::EndUser,
        6,
        Some("My insurer Acme Mutual keeps my data with you. Please delete it."),
        Came::Open,
    ),
];

/// Makes the requests, if there are none at all.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // Of two processes with one demo, the second waits here and then finds the requests of the first.
        diesel::sql_query("LOCK TABLE data_requests IN SHARE ROW EXCLUSIVE MODE").execute(conn).await?;
        if diesel::select(exists(data_requests::table.select(data_requests::id))).get_result(conn).await? {
            return Ok(());
        }
        for part in PARTS {
            make(conn, app, part).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// How a request went on, `later` on the day after it came.
async fn go_on(
    conn: &mut AsyncPgConnection,
    id: RequestId,
    by: By,
    came: Came,
    (later, now): (DateTime<Utc>, DateTime<Utc>),
) -> QueryResult<()> {
    match came {
        Came::Open | Came::Verifying => Ok(()),
        Came::Confirmed => {
            let confirmed = now - Duration::days(2);
            let step = Step { until: Some(confirmed + GRACE), ..Step::new(Act::Confirmed, by) };
            states::take(conn, id, &step, confirmed).await
        }
        Came::Denied(code) => {
            let reason = Reason::find(code).expect("a reason");
            let ground = Ground { reason, words: reason.words.into(), again_on: reason.again_on(later) };
            let step = Step { ground: Some(&ground), ..Step::new(Act::Denied, By::System) };
            states::take(conn, id, &step, later).await
        }
        Came::Done(words) => {
            states::take(conn, id, &Step::new(Act::Fulfilled, By::System).words(words), later).await
        }
        Came::Withdrawn => states::take(conn, id, &Step::new(Act::Withdrawn, by), later).await,
    }
}

async fn make(
    conn: &mut AsyncPgConnection,
    app: &App,
    (who, kind, days, details, came): Part,
) -> QueryResult<()> {
    let now = app.clock.now();
    let person =
        who.ok().and_then(|email| cast::CAST.iter().find(|part| part.email == email)).map(|part| part.id());
    if let Some(person) = person
        && !diesel::select(exists(people::table.find(person))).get_result::<bool>(conn).await?
    {
        return Ok(());
    }
    let at = now - Duration::days(days);
    let new = NewRequest {
        kind,
        channel: if person.is_some() { Channel::Portal } else { Channel::Form },
        person,
        email: who.err(),
        name: None,
        agent: None,
        details,
        regimes: Regimes::CCPA,
        received_at: at,
    };
    let by = By::Requester(person);
    let id = receive(conn, &new, by, at).await?;
    states::take(conn, id, &Step::new(Act::Acknowledged, By::System), at).await?;
    verify(conn, id, person, came, at).await?;
    let later = at + Duration::hours(20);
    go_on(conn, id, by, came, (later, now)).await?;
    of_request::answered(conn, app, id, later).await?;
    if days == 11 {
        let said = "I was in Lisbon on that day, and my telephone too. My boarding pass is attached.";
        let message = messages::insert(conn, id, by, said, later).await?;
        let pass = files::keep(app, "Boarding pass.txt", BOARDING_PASS.as_bytes()).await;
        let pass = pass.map_err(|error| diesel::result::Error::QueryBuilderError(error.into()))?;
        messages::attach(conn, message, by, &[pass], later).await?;
    }
    Ok(())
}

/// Whoever has an account was signed in; of the others, a member of staff made sure.
async fn verify(
    conn: &mut AsyncPgConnection,
    id: RequestId,
    person: Option<PersonId>,
    came: Came,
    at: DateTime<Utc>,
) -> QueryResult<()> {
    if person.is_some() {
        let step = Step::new(Act::Verified, By::Requester(person)).how("signed_in");
        return states::take(conn, id, &step, at).await;
    }
    states::take(conn, id, &Step::new(Act::VerificationStarted, By::System), at).await?;
    if matches!(came, Came::Verifying) {
        return Ok(());
    }
    let privacy =
        cast::CAST.iter().find(|part| part.email.starts_with("privacy@")).expect("somebody of the cast");
    let step = Step::new(Act::Verified, By::Staff(privacy.id()))
        .how("staff")
        .note("Wrote from the address in the claim.");
    states::take(conn, id, &step, at + Duration::hours(2)).await
}
