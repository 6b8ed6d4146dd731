//! Subscriber records of the demo: one in each state, of two accounts of Grace.

use chrono::{Days, NaiveDate};
use diesel::dsl::exists;
use diesel::{QueryDsl as _, QueryResult};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::accounts;
use crate::accounts::subscriber_records::details::{Birth, Details, Document, Subject};
use crate::accounts::subscriber_records::shares::{self, NewShare};
use crate::accounts::subscriber_records::{Because, kept, queries};
use crate::platform::app::App;
use crate::platform::db::schema::{accounts as accounts_table, subscriber_records as table};
use crate::platform::error::violates;
use crate::platform::files::{self, NewFile};
use crate::platform::ids::SubscriberRecordId;
use crate::retention::subscriber_laws::{self, AsksBirth, Law};

/// What became of one.
#[derive(Clone, Copy)]
enum Became {
    Nothing,
    Accepted,
    /// Accepted, and shown to a carrier and to an authority.
    Shared,
    Refused(&'static str),
    /// Accepted, and ended so many days ago.
    Ended(u64, Because),
}

/// Number of the account, country, who, name, address, submitted so many days ago, and what became of it.
type Part = (u8, &'static str, Subject, &'static str, &'static str, u64, Became);

const PARTS: [Part; 6] = [
    (
        1,
        "AU",
        Subject::Customer,
        "Hopper Claims GmbH",
        "Level 3\n12 Example Street\nSydney NSW 2000",
        90,
        Became::Ended(40, Because::Withdrawn),
    ),
    (
        1,
        "FR",
        Subject::EndUser,
        "Nadia Verne",
        "7 rue de l'Exemple\n75011 Paris",
        60,
        Became::Ended(21, Because::Replaced),
    ),
    (1, "FR", Subject::EndUser, "Nadia Verne-Duval", "7 rue de l'Exemple\n75011 Paris", 21, Became::Accepted),
    (1, "CH", Subject::EndUser, "Martha Keel", "Bahnhofgasse 1\n8001 Zürich", 30, Became::Shared),
    (
        3,
        "ES",
        Subject::Customer,
        "Hopper Claims GmbH",
        "Calle del Ejemplo 5\n28004 Madrid",
        9,
        Became::Refused("The number of the document has a digit too few."),
    ),
    (1, "DE", Subject::Customer, "Hopper Claims GmbH", "Beispielstraße 7\n10115 Berlin", 1, Became::Nothing),
];

/// What is sent along: a page with nothing on it.
const PROOF: &[u8] = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n\
    3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 100]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n";

/// Always the same id: of two processes with one demo, the second finds it.
fn id(number: u8) -> SubscriberRecordId {
    SubscriberRecordId(Uuid::from_u128(0x01a2_05b3_d000_7000_8000_0000_0074_0000 | u128::from(number)))
}

/// Makes the records, if there are none.
///
/// # Errors
/// What the database or the storage says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let mut conn = app.db.get().await?;
    let there: i64 = table::table.count().get_result(&mut conn).await?;
    drop(conn);
    if there > 0 {
        return Ok(());
    }
    for (number, part) in (1..).zip(PARTS) {
        make(app, id(number), part).await?;
    }
    Ok(())
}

async fn make(app: &App, id: SubscriberRecordId, part: Part) -> anyhow::Result<()> {
    let (account, country, ..) = part;
    let account = exists(accounts_table::table.find(accounts::id(account)));
    // The account is not there where somebody else has its owner's address.
    if !diesel::select(account).get_result::<bool>(&mut *app.db.get().await?).await? {
        return Ok(());
    }
    let law = subscriber_laws::of(country).expect("a country with a rule");
    let files = match law.proof {
        Some(_) => vec![files::keep(app, "proof.pdf", PROOF).await?],
        None => Vec::new(),
    };
    let mut conn = app.db.get().await?;
    let made = conn.transaction(async |conn| store(conn, app, id, part, &files).await).await;
    match made {
        // A second process with the same demo was first; the file goes by itself.
        Err(error) if violates(&error, "subscriber_records_pkey") => Ok(()),
        other => Ok(other?),
    }
}

/// A person was born some time, where the law asks for it; a company never was.
fn birth(law: &Law, subject: Subject) -> Option<Birth> {
    let on = NaiveDate::from_ymd_opt(1984, 5, 6).filter(|_| subject == Subject::EndUser)?;
    match law.birth {
        AsksBirth::No => None,
        AsksBirth::Date => Some(Birth { on, place: None }),
        AsksBirth::DateAndPlace => Some(Birth { on, place: Some("Nantes".into()) }),
    }
}

async fn store(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: SubscriberRecordId,
    (account, country, subject, name, address, days_ago, became): Part,
    files: &[NewFile],
) -> QueryResult<()> {
    let today = app.clock.now().date_naive();
    let submitted = today - Days::new(days_ago);
    let law = subscriber_laws::of(country).expect("a country with a rule");
    let document = match subject {
        Subject::Customer => (Document::CompanyRegister, "HRB 271828".to_owned()),
        Subject::EndUser => (Document::Passport, "X1234567".to_owned()),
    };
    let identification = law.identification.then_some(document);
    let birth = birth(law, subject);
    let details = Details { law, subject, name: name.into(), address: address.into(), birth, identification };
    queries::insert(conn, &app.keys, id, accounts::id(account), &details, submitted).await?;
    queries::attach(conn, id, files, submitted).await?;
    let refused_because = match became {
        Became::Nothing => return Ok(()),
        Became::Refused(why) => Some(why),
        Became::Accepted | Became::Shared | Became::Ended(..) => None,
    };
    queries::decide(conn, id, refused_because, submitted + Days::new(1)).await?;
    match became {
        Became::Shared => share(conn, app, id, submitted + Days::new(2)).await,
        Became::Ended(days_ago, because) => {
            let record = queries::any(conn, id).await?;
            kept::end(conn, &record, today - Days::new(days_ago), because).await.map(drop)
        }
        _ => Ok(()),
    }
}

async fn share(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: SubscriberRecordId,
    on: NaiveDate,
) -> QueryResult<()> {
    let carrier = NewShare {
        recipient_kind: "carrier",
        recipient: "Alpenfunk AG".into(),
        ground: "connectivity",
        purpose: "To connect the number in Zürich.".into(),
        shared_on: on,
    };
    let authority = NewShare {
        recipient_kind: "authority",
        recipient: "Stadtpolizei Zürich".into(),
        ground: "order",
        purpose: "Order 12 of 2026, about a fraud that used the number.".into(),
        shared_on: on + Days::new(20),
    };
    for new in [carrier, authority] {
        shares::insert(conn, shares::fresh_id(app, app.clock.now()), id, &new).await?;
    }
    Ok(())
}
