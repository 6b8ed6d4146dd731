//! What a person is asked about partners, and what they decide: one by one, no by default, and as easy to take back.

use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Bool, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{QueryResult, QueryableByName};
use diesel_async::AsyncPgConnection;

use super::{queries, share_queries};
use crate::platform::ids::{ContactId, PartnerId, PersonId};
use crate::platform::web::pages::day;
use crate::preferences::choices::Chooser;
use crate::preferences::contacts::Contact;
use crate::preferences::decisions::{By, Via};

const STOPPED: &str = "Everything is stopped, so nobody gets your address. Tick a topic and save before you say yes to anybody.";
const SIGNALLED: &str = "Your browser asked us not to sell or share your data (Global Privacy Control), so nobody gets your address, and we do not ask.";
const RESTRICTED: &str =
    "You had us restrict the use of your data, so nobody gets your address until you have that lifted.";

/// A partner that somebody is asked about, with what they decided.
#[derive(Clone, Debug, QueryableByName)]
pub struct Asked {
    /// Its id.
    #[diesel(sql_type = SqlUuid)]
    pub id: PartnerId,
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// What it would send.
    #[diesel(sql_type = Text)]
    pub sends: String,
    /// Its privacy policy.
    #[diesel(sql_type = Text)]
    pub policy_url: String,
    /// They said yes.
    #[diesel(sql_type = Bool)]
    pub consented: bool,
    /// When they decided, if they did.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub decided_at: Option<DateTime<Utc>>,
}

impl Asked {
    /// How it stands, in a sentence.
    pub fn stands(&self) -> String {
        match (self.consented, self.decided_at) {
            (true, Some(at)) => format!("You said yes on {}.", day(&at)),
            (_, Some(at)) => format!("No, since {}.", day(&at)),
            _ => "No. You have not said yes.".into(),
        }
    }

    /// The question, as the page shows it.
    pub fn question(&self) -> String {
        question(&self.name, &self.sends)
    }
}

fn question(name: &str, sends: &str) -> String {
    format!("May {name} have this e-mail address for marketing of its own? It would send: {sends}")
}

/// That an address was shared with a partner.
#[derive(Clone, Debug, QueryableByName)]
pub struct Shared {
    /// The partner.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// When last.
    #[diesel(sql_type = Timestamptz)]
    pub last: DateTime<Utc>,
    /// How often.
    #[diesel(sql_type = BigInt)]
    pub times: i64,
}

impl Shared {
    /// As its owner reads it.
    pub fn sentence(&self) -> String {
        let (name, last) = (&self.name, day(&self.last));
        match self.times {
            1 => format!("Shared with {name} on {last}."),
            times => format!("Shared with {name} on {last}, the last of {times} times."),
        }
    }
}

/// What the page of choices shows about partners.
#[derive(Clone, Debug, Default)]
pub struct Offer {
    /// Whom they are asked about. Nobody: then nothing is asked.
    pub asked: Vec<Asked>,
    /// Why nobody may be said yes to now, in a sentence.
    pub barred: Option<&'static str>,
    /// What was shared, also with partners that have ended.
    pub shared: Vec<Shared>,
}

/// What somebody is asked. `sent` tells that their browser sends Global Privacy Control with this request.
///
/// # Errors
/// What the database says.
pub async fn offer(
    conn: &mut AsyncPgConnection,
    contact: Option<&Contact>,
    person: Option<PersonId>,
    sent: bool,
) -> QueryResult<Offer> {
    let asked = queries::asked(conn, contact.map(|contact| contact.id)).await?;
    let (mut signalled, mut shared) = (sent, Vec::new());
    if let Some(contact) = contact {
        signalled |= queries::is_signalled(conn, contact.id).await?;
        shared = share_queries::shared(conn, contact.id).await?;
    }
    let restricted = match person {
        Some(person) => queries::is_restricted(conn, person).await?,
        None => false,
    };
    let barred = if signalled {
        Some(SIGNALLED)
    } else if restricted {
        Some(RESTRICTED)
    } else {
        contact.filter(|contact| contact.stopped_at.is_some()).map(|_| STOPPED)
    };
    Ok(Offer { asked, barred, shared })
}

/// With whom the address of a contact was shared, the latest first.
///
/// # Errors
/// What the database says.
pub async fn shared(conn: &mut AsyncPgConnection, contact: ContactId) -> QueryResult<Vec<Shared>> {
    share_queries::shared(conn, contact).await
}

/// A decision to be written.
#[derive(Clone, Copy, Debug)]
pub struct Decision<'a> {
    /// Whose.
    pub contact: ContactId,
    /// About whom.
    pub partner: PartnerId,
    /// They may have the address.
    pub yes: bool,
    /// Who said it, if they were signed in.
    pub person: Option<PersonId>,
    /// By a page or by a link.
    pub via: Via,
    /// The words that were shown.
    pub wording: &'a str,
    /// ISO 3166 country of the network address.
    pub country: Option<&'a str>,
}

/// Writes what somebody decided about a partner, inside the caller's transaction. Answers how many decisions there were: none
/// where that holds already, or where no yes is possible now.
///
/// # Errors
/// What the database says; it takes no yes that is not possible.
pub async fn decide(
    conn: &mut AsyncPgConnection,
    contact: ContactId,
    chooser: Chooser<'_>,
    partner: PartnerId,
    yes: bool,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    if yes && (chooser.signalled || !queries::may_consent(conn, contact, partner).await?) {
        return Ok(0);
    }
    if queries::has_consented(conn, contact, partner).await? == yes {
        return Ok(0);
    }
    let Some(about) = queries::find(conn, partner).await? else { return Ok(0) };
    let answer = if yes { "Yes" } else { "No" };
    let wording = format!("{} {answer}", question(&about.name, &about.sends));
    let By::Person(person) = chooser.by else { return Ok(0) };
    let (via, country) = (chooser.via, chooser.country);
    let decision = Decision { contact, partner, yes, person, via, wording: &wording, country };
    queries::record(conn, &decision, now).await?;
    Ok(1)
}
