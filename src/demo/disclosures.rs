//! Disclosures of the demo: one in each state, one that nobody may be told of for two months, a transfer that waits for a
//! second person, and counts that lead to nobody. None of these courts and companies exists.

use chrono::{DateTime, Duration, NaiveDate, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::accounts;
use super::cast::{CAST, State};
use crate::platform::app::App;
use crate::platform::db::schema::disclosures;
use crate::platform::error::violates;
use crate::platform::ids::{DisclosureId, PersonId};
use crate::privacy::data_map::{Category, Class};
use crate::privacy::disclosures::steps::Act;
use crate::privacy::disclosures::{About, Ground, NewDisclosure, Outcome, RecipientKind, Silence, queries};
use crate::staff::permissions::Role;

/// A disclosure, how many days ago it came, and what was done how many days ago.
struct Part {
    days: i64,
    new: NewDisclosure,
    acts: Vec<(i64, Act)>,
}

fn staff(role: Role) -> PersonId {
    CAST.iter().find(|part| part.state == State::Staff(role)).expect("somebody of the desk").id()
}

fn person(email: &str) -> About {
    About::Person(CAST.iter().find(|part| part.email == email).expect("somebody of the cast").id())
}

/// Something that a kind of recipient asks for, or is to get.
fn of(kind: RecipientKind, recipient: &str, words: &str, about: About) -> NewDisclosure {
    NewDisclosure {
        kind,
        recipient: recipient.into(),
        ground: None,
        sale: false,
        classes: vec![Class::Account],
        categories: vec![Category::Identifiers, Category::CustomerRecords],
        about,
        order_reference: None,
        words: words.into(),
        method: None,
        received_on: NaiveDate::MIN,
        silence: None,
        transfer_on: None,
    }
}

/// A demand by law, with the reference of its order.
fn demand(court: &str, order: &str, words: &str, about: About) -> NewDisclosure {
    let new = of(RecipientKind::Legal, court, words, about);
    NewDisclosure { ground: Some(Ground::Law), order_reference: Some(order.into()), ..new }
}

fn objection() -> Act {
    Act::Objected("The order names no judge, and asks for more than it may.".into())
}

/// Legal demands that wait for somebody.
fn waiting() -> Vec<Part> {
    let account = About::Account(accounts::id(1));
    let (alan, grace) = (person("alan@example.com"), person("grace@example.com"));
    let narrowed = Act::Answered(Outcome::Narrowed, "The judge struck all but the name.".into());
    vec![
        Part {
            days: 2,
            new: demand("District Court of Springfield", "12 CV 2026", "Who owns the account.", account),
            acts: vec![],
        },
        Part {
            days: 6,
            new: demand("Office of the Sheriff", "S-4711", "Everything about the person.", alan),
            acts: vec![(5, objection())],
        },
        Part {
            days: 20,
            new: demand("County Court of Millbrook", "9 CC 2026", "Name and addresses of the person.", grace),
            acts: vec![(18, objection()), (11, narrowed)],
        },
    ]
}

/// Legal demands that came to an end, one of which nobody may be told of yet.
fn ended(now: DateTime<Utc>) -> Vec<Part> {
    let (ada, grace) = (person("ada@example.com"), person("grace@example.com"));
    let (until, because) = ((now + Duration::days(60)).date_naive(), "Order of the court, section 4.".into());
    let silent = demand("Harbour Court", "77 HC 2026", "Name and number of the person.", grace);
    let upheld = Act::Answered(Outcome::Upheld, "They took it back in writing.".into());
    vec![
        Part {
            days: 30,
            new: NewDisclosure { silence: Some(Silence { until, because }), ..silent },
            acts: vec![(28, Act::Approved), (27, handed(now, 27, "Name and telephone number."))],
        },
        Part {
            days: 50,
            new: demand("Tax Office of Millbrook", "T-88", "All invoices of ten years.", grace),
            acts: vec![(49, Act::Refused("They have no right to ask us for this.".into()))],
        },
        Part {
            days: 70,
            new: demand("City Court of Oakdale", "3 OC 2026", "Where the person signed in.", ada),
            acts: vec![(69, objection()), (60, upheld)],
        },
    ]
}

fn handed(now: DateTime<Utc>, days: i64, words: &str) -> Act {
    Act::Disclosed((now - Duration::days(days)).date_naive(), words.into())
}

/// Those that no law asks for.
fn others(now: DateTime<Utc>) -> Vec<Part> {
    let operator = of(
        RecipientKind::Operator,
        "Long Lines",
        "Numbers of the account, to be connected.",
        About::Account(accounts::id(1)),
    );
    let emergency = of(
        RecipientKind::Legal,
        "Fire brigade of Springfield",
        "Where Ada can be reached.",
        person("ada@example.com"),
    );
    let counts = of(
        RecipientKind::Deidentified,
        "Institute for Road Safety",
        "Claims by month and state.",
        About::Nobody,
    );
    let transfer =
        of(RecipientKind::Transfer, "Claims Holding", "Accounts with their owners.", About::Nobody);
    vec![
        Part { days: 9, new: operator, acts: vec![(8, Act::Approved)] },
        Part {
            days: 40,
            new: NewDisclosure { ground: Some(Ground::Emergency), ..emergency },
            acts: vec![(40, Act::Approved), (40, handed(now, 40, "Her telephone number."))],
        },
        Part {
            days: 100,
            new: NewDisclosure {
                classes: vec![Class::Content],
                categories: vec![Category::Commercial],
                method: Some("Counted; cells below ten are put together.".into()),
                ..counts
            },
            acts: vec![(98, Act::Approved), (97, handed(now, 97, "A table of 50 rows."))],
        },
        Part {
            days: 1,
            new: NewDisclosure { transfer_on: Some((now + Duration::days(120)).date_naive()), ..transfer },
            acts: vec![],
        },
    ]
}

/// Always the same id: of two processes with one demo, the second finds them.
fn id(number: usize) -> DisclosureId {
    DisclosureId(Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0008_0000 | number as u128))
}

/// Makes them once.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    if disclosures::table.count().get_result::<i64>(&mut conn).await? > 0 {
        return Ok(());
    }
    let made = conn
        .transaction(async |conn| {
            for (number, part) in waiting().into_iter().chain(ended(now)).chain(others(now)).enumerate() {
                make(conn, id(number), part, now).await?;
            }
            Ok::<_, diesel::result::Error>(())
        })
        .await;
    match made {
        Err(error) if violates(&error, "disclosures_pkey") => Ok(()),
        made => Ok(made?),
    }
}

/// Records one and takes its steps; whoever it is about counts as told with the approval, without a mail.
async fn make(
    conn: &mut AsyncPgConnection,
    id: DisclosureId,
    part: Part,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let at = |days: i64| now - Duration::days(days);
    let new = NewDisclosure { received_on: at(part.days).date_naive(), ..part.new };
    // They are not there where somebody else has the address, or took the account away.
    if queries::lock_subject(conn, new.about, staff(Role::Admin)).await.optional()?.is_none() {
        return Ok(());
    }
    queries::insert(conn, id, &new, staff(Role::Admin), at(part.days)).await?;
    let is_told = new.about != About::Nobody && new.silence.is_none();
    for (days, act) in part.acts {
        queries::take(conn, id, &act, None, (staff(Role::Privacy), at(days))).await?;
        if is_told && act == Act::Approved {
            queries::mark_told(conn, id, at(days)).await?;
        }
    }
    Ok(())
}
