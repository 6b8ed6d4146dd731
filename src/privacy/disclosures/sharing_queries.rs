//! SQL of what was shared lately, from every log of it.

use chrono::{NaiveDate, NaiveTime};
use diesel::prelude::*;
use diesel::sql_types::{Bool, Date, Text, Timestamptz};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::kinds::RecipientKind;
use crate::privacy::data_map::Category;

/// What was shared lately.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lately {
    /// By the log of disclosures: of which category, with whom.
    pub logged: Vec<(Category, RecipientKind)>,
    /// A subscriber record was shown to a carrier.
    pub carriers: bool,
    /// A subscriber record was shown to an authority.
    pub authorities: bool,
    /// A partner got addresses.
    pub partners: bool,
}

impl Lately {
    /// Of which categories a kind of recipient got something, by the log.
    pub(super) fn of(&self, kind: RecipientKind) -> Vec<Category> {
        let is_logged = |category: &Category| self.logged.contains(&(*category, kind));
        Category::PERSONAL.into_iter().filter(is_logged).collect()
    }
}

#[derive(QueryableByName)]
struct Logged {
    #[diesel(sql_type = Text)]
    category: String,
    #[diesel(sql_type = Text)]
    recipient_kind: String,
}

#[derive(QueryableByName)]
struct Others {
    #[diesel(sql_type = Bool)]
    carriers: bool,
    #[diesel(sql_type = Bool)]
    authorities: bool,
    #[diesel(sql_type = Bool)]
    partners: bool,
}

/// What was shared since a day, but for what nobody may be told of yet: that counts as of the day on which it may be told, or
/// what a law keeps silent for a year would stand there never.
pub(super) async fn lately(
    conn: &mut AsyncPgConnection,
    since: NaiveDate,
    today: NaiveDate,
) -> QueryResult<Lately> {
    let midnight = since.and_time(NaiveTime::MIN).and_utc();
    let logged: Vec<Logged> = diesel::sql_query(
        "SELECT DISTINCT c.category, d.recipient_kind FROM disclosures d CROSS JOIN LATERAL unnest(d.categories) AS c (category) \
         WHERE d.state = 'disclosed' AND greatest((d.closed_at AT TIME ZONE 'UTC')::date, d.silent_until) BETWEEN $1 AND $2",
    )
    .bind::<Date, _>(since)
    .bind::<Date, _>(today)
    .load(conn)
    .await?;
    let others: Others = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM subscriber_record_shares WHERE recipient_kind = 'carrier' AND shared_on >= $1) AS carriers, \
                EXISTS (SELECT FROM subscriber_record_shares WHERE recipient_kind = 'authority' AND shared_on >= $1) AS authorities, \
                EXISTS (SELECT FROM partner_shares WHERE contacts > 0 AND made_at >= $2) AS partners",
    )
    .bind::<Date, _>(since)
    .bind::<Timestamptz, _>(midnight)
    .get_result(conn)
    .await?;
    let read =
        |row: Logged| Some((Category::parse(&row.category)?, RecipientKind::parse(&row.recipient_kind)?));
    Ok(Lately {
        logged: logged.into_iter().filter_map(read).collect(),
        carriers: others.carriers,
        authorities: others.authorities,
        partners: others.partners,
    })
}
