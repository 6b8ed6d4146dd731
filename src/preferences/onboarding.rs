//! The list of new customers whom staff may call to help them begin (S41). Whoever said no, at sign-up or since, is
//! never in it, nor is anybody whose data is under restriction. It shows names and numbers, so each look at a page of it stands in the audit log.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Duration, Utc};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::people;
use crate::platform::ids::PersonId;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, day};
use crate::platform::web::pagination::{Keyset, Pager, Window};
use crate::staff::permissions::CallsNewCustomers;

/// How long somebody is new.
pub const NEW_FOR: Duration = Duration::days(60);

/// Somebody who may be called.
#[derive(Clone, Debug, QueryableByName)]
pub struct NewCustomer {
    /// Who.
    #[diesel(sql_type = SqlUuid)]
    pub id: Uuid,
    /// Name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// Company, if told.
    #[diesel(sql_type = Nullable<Text>)]
    pub company: Option<String>,
    /// Confirmed number.
    #[diesel(sql_type = Text)]
    pub phone: String,
    /// When they signed up.
    #[diesel(sql_type = Timestamptz)]
    pub created_at: DateTime<Utc>,
}

/// Customers of the last 60 days who did not refuse calls.
///
/// # Errors
/// What the database says.
pub async fn callable(
    conn: &mut AsyncPgConnection,
    window: Window,
    now: DateTime<Utc>,
) -> QueryResult<Vec<NewCustomer>> {
    let (after, before, order) = window.bounds(Uuid::nil(), Uuid::max());
    diesel::sql_query(format!(
        "SELECT p.id, p.name, p.company, p.phone, p.created_at FROM people p \
         LEFT JOIN contacts c ON c.person_id = p.id \
         LEFT JOIN contact_topics t ON t.contact_id = c.id AND t.topic = 'onboarding_calls' AND t.channel = 'phone' \
         WHERE p.phone IS NOT NULL AND p.phone_verified_at IS NOT NULL AND p.created_at > $1 \
             AND coalesce(t.subscribed, p.onboarding_call_refused_at IS NULL) \
             AND NOT EXISTS (SELECT FROM staff_roles r WHERE r.person_id = p.id) \
             AND NOT EXISTS (SELECT FROM processing_limits l WHERE l.person_id = p.id AND l.what = 'restriction' AND l.lifted_at IS NULL) \
             AND p.id > $2 AND p.id < $3 \
         ORDER BY p.id {order} LIMIT $4"
    ))
    .bind::<Timestamptz, _>(now - NEW_FOR)
    .bind::<SqlUuid, _>(after)
    .bind::<SqlUuid, _>(before)
    .bind::<BigInt, _>(window.limit)
    .load(conn)
    .await
}

/// Whether somebody who decided nothing about calls may be called: they may have refused at sign-up, or for a contact
/// that they had us delete.
///
/// # Errors
/// `NotFound`, or what the database says.
pub(super) async fn may_be_called(conn: &mut AsyncPgConnection, person: PersonId) -> QueryResult<bool> {
    people::table.find(person).select(people::onboarding_call_refused_at.is_null()).first(conn).await
}

struct Line {
    name: String,
    company: String,
    phone: String,
    iso: String,
    since: String,
}

#[derive(askama::Template)]
#[template(path = "preferences/onboarding.html")]
struct ListPage {
    page: Page,
    rows: Vec<Line>,
    pager: Pager,
}

/// `GET /staff/onboarding-calls`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<CallsNewCustomers>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let (now, from) = (app.clock.now(), who.caller.circumstances());
    let mut conn = app.db.get().await?;
    let found = conn
        .transaction(async |conn| {
            let found = callable(conn, keyset.window(), now).await?;
            let (actor, action) = (who.actor(), "staff.onboarding_calls.viewed");
            audit::append(conn, now, Event::new(actor, "people", None::<Uuid>, action, &from)).await?;
            Ok::<_, diesel::result::Error>(found)
        })
        .await?;
    drop(conn);
    let (found, pager) = keyset.page(found, |customer| customer.id, "/staff/onboarding-calls", "");
    let rows = found
        .into_iter()
        .map(|customer| Line {
            name: customer.name,
            company: customer.company.unwrap_or_default(),
            phone: customer.phone,
            iso: customer.created_at.to_rfc3339(),
            since: day(&customer.created_at),
        })
        .collect();
    pages::ok(&ListPage { page: Page::of(&request, "Onboarding calls"), rows, pager })
}
