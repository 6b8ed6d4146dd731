//! Disputes in the demo: one of Ada's that is looked at, one of Grace's that was resolved, one of Alan's that was not, a
//! letter that is overdue, and one whose mailbox nobody confirmed yet. Beside them the views that Paul saved. Made once.

use chrono::{DateTime, Duration, Utc};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};

use super::cast;
use crate::platform::app::App;
use crate::platform::db::schema::{disputes, people};
use crate::platform::ids::PersonId;
use crate::privacy::disputes::states::{self, Act, By, Step};
use crate::privacy::disputes::{NewDispute, messages, receive};
use crate::staff::desk::{Queue, claims, views};

/// Whose, how it came, how many days ago, what it is about, in which words, and how it ended.
struct Part {
    who: &'static str,
    channel: &'static str,
    days: i64,
    subject: &'static str,
    words: &'static str,
    end: Option<(Act, &'static str)>,
}

const PARTS: [Part; 5] = [
    Part {
        who: "ada@example.com",
        channel: "portal",
        days: 4,
        subject: "A newsletter after I unsubscribed",
        words: "I stopped the newsletter on Friday, and on Monday another one came.",
        end: None,
    },
    Part {
        who: "grace@example.com",
        channel: "portal",
        days: 60,
        subject: "The wrong country for my sign-in",
        words: "Your list says that I signed in from Portugal. I was in Arlington.",
        end: Some((
            Act::Resolved,
            "You were right: the list of networks that we use was old. It was replaced, and your history says so now.",
        )),
    },
    Part {
        who: "alan@example.com",
        channel: "portal",
        days: 90,
        subject: "You keep sign-ins too long",
        words: "A year is longer than anybody needs to keep where I signed in from.",
        end: Some((
            Act::Unresolved,
            "We understand the wish. A year lets people find out about a break-in that nobody noticed, so we keep to it.",
        )),
    },
    Part {
        who: "Ms Elinor Bright, 4 Mill Lane, Springfield",
        channel: "post",
        days: 33,
        subject: "My insurer keeps my letters with you",
        words: "I do not want my letters on a computer. Please write back by post.",
        end: None,
    },
    Part {
        who: "walker@example.org",
        channel: "form",
        days: 1,
        subject: "Somebody else got my code",
        words: "A text message with a code went to my brother's telephone.",
        end: None,
    },
];

/// Makes the disputes and the views, if there are no disputes at all.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // Of two processes with one demo, the second waits here and then finds the disputes of the first.
        diesel::sql_query("LOCK TABLE disputes IN SHARE ROW EXCLUSIVE MODE").execute(conn).await?;
        if diesel::select(exists(disputes::table.select(disputes::id))).get_result(conn).await? {
            return Ok(());
        }
        for part in &PARTS {
            make(conn, part, now).await?;
        }
        if let Some(paul) = there(conn, "privacy@lossexpress.example").await? {
            views::insert(conn, paul, Queue::Requests, ("Deletions", "kind=deletion"), now).await?;
            views::insert(conn, paul, Queue::Disputes, ("Letters", "channel=post"), now).await?;
        }
        Ok::<_, diesel::result::Error>(())
    })
    .await?;
    Ok(())
}

/// Somebody of the cast, unless they were deleted meanwhile.
async fn there(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<Option<PersonId>> {
    let Some(part) = cast::CAST.iter().find(|part| part.email == email) else { return Ok(None) };
    let found: bool = diesel::select(exists(people::table.find(part.id()))).get_result(conn).await?;
    Ok(found.then(|| part.id()))
}

async fn make(conn: &mut AsyncPgConnection, part: &Part, now: DateTime<Utc>) -> QueryResult<()> {
    let person = there(conn, part.who).await?;
    let paul = there(conn, "privacy@lossexpress.example").await?;
    if part.channel == "portal" && person.is_none() {
        return Ok(());
    }
    let at = now - Duration::days(part.days);
    let new = NewDispute {
        channel: part.channel,
        person,
        email: (part.channel == "form").then_some(part.who),
        name: None,
        postal_address: (part.channel == "post").then_some(part.who),
        subject: part.subject,
        words: part.words,
        files: &[],
        received_at: at,
    };
    let by = match (part.channel, paul) {
        ("post", Some(paul)) => By::Staff(paul),
        ("portal", _) => By::Filer(person),
        _ => By::Filer(None),
    };
    let id = receive(conn, &new, by, at).await?;
    if part.days == 4 {
        messages::insert(conn, id, by, "It was the one about events.", at + Duration::hours(3)).await?;
    }
    if let (Some((act, words)), Some(paul)) = (part.end, paul) {
        let later = at + Duration::days(6);
        claims::claim(conn, Queue::Disputes, id.0, paul, later).await?;
        let step = Step { words: Some(words), ..Step::new(act, By::Staff(paul)) };
        states::take(conn, id, &step, later).await?;
    }
    Ok(())
}
