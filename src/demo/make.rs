//! Making the people of the demo.

use std::net::{IpAddr, Ipv4Addr};

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use totp_rs::Secret;
use uuid::Uuid;

use super::cast::{Part, State};
use super::{passkey, wait};
use crate::accounts;
use crate::identity::{passkeys, people, recovery_codes, totp};
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::db::schema::{
    people as people_table, recovery_optins, sign_ups, staff_invitations, staff_roles, terms_acceptances,
    totp_factors,
};
use crate::platform::error::violates;
use crate::platform::ids::{AccountId, new_uuid};
use crate::platform::web::caller::Caller;
use crate::public::TERMS_VERSION;
use crate::staff::permissions::Role;
use crate::staff::undertaking;

/// The demo calls from nowhere in particular.
pub(super) fn caller() -> Caller {
    Caller {
        ip: IpAddr::V4(Ipv4Addr::LOCALHOST),
        country: None,
        user_agent: "demo".into(),
        request_id: Uuid::nil(),
    }
}

/// Makes somebody who is not there yet.
pub(super) async fn ensure_there(app: &App, part: &Part) -> anyhow::Result<()> {
    if is_there(app, part).await? {
        return Ok(());
    }
    match part.state {
        State::SignUpWaiting => return wait::sign_up(app, part).await.map(drop),
        State::PhoneWaiting => return wait::sign_up_up_to_phone(app, part).await,
        State::Invited(role) => return wait::invitation(app, part, role).await,
        _ => {}
    }
    let hash = app.passwords.hash(part.password).await?;
    let mut conn = app.db.get().await?;
    let made = conn.transaction(async |conn| make(conn, app, part, &hash).await).await;
    match made {
        // A second process with the same demo was first.
        Err(error) if violates(&error, "people_pkey") || violates(&error, "people_email_key") => {
            return Ok(());
        }
        other => other?,
    }
    drop(conn);
    wait::begin(app, part).await
}

/// By id, because the address may have been changed; or by address, because somebody else may have it.
async fn is_there(app: &App, part: &Part) -> anyhow::Result<bool> {
    let mut conn = app.db.get().await?;
    let known: bool = diesel::select(diesel::dsl::exists(people_table::table.find(part.id())))
        .get_result(&mut conn)
        .await?;
    let waiting: bool = diesel::select(diesel::dsl::exists(
        sign_ups::table.filter(sign_ups::email.eq(part.email).and(sign_ups::expires_at.gt(app.clock.now()))),
    ))
    .get_result(&mut conn)
    .await?;
    let open = staff_invitations::accepted_at.is_null().and(staff_invitations::withdrawn_at.is_null());
    let invited: bool = diesel::select(diesel::dsl::exists(
        staff_invitations::table
            .filter(staff_invitations::email.eq(part.email).and(open))
            .filter(staff_invitations::expires_at.gt(app.clock.now())),
    ))
    .get_result(&mut conn)
    .await?;
    Ok(known || waiting || invited || people::find_by_email(&mut conn, part.email).await?.is_some())
}

async fn make(conn: &mut AsyncPgConnection, app: &App, part: &Part, hash: &str) -> QueryResult<()> {
    let now = app.clock.now();
    diesel::insert_into(people_table::table)
        .values((
            people_table::id.eq(part.id()),
            people_table::name.eq(part.name),
            people_table::email.eq(part.email),
            people_table::company.eq(part.company),
            people_table::phone.eq(part.phone),
            people_table::phone_verified_at.eq(part.phone.map(|_| now)),
            people_table::email_verified_at.eq(now),
            people_table::password_hash.eq(hash),
            people_table::password_changed_at.eq(now),
            people_table::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    if let Some(secret) = part.totp_secret {
        add_factor(conn, app, part, secret, now).await?;
    }
    if part.state == State::PasskeyOwner {
        let passkey = passkey::register(app, part)
            .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
        passkeys::insert(conn, now, part.id(), "Key of the demo", &passkey).await?;
    }
    match part.state {
        State::Staff(role) => make_staff(conn, part, role, now).await?,
        state => make_customer(conn, app, part, state, now).await?,
    }
    let event = Event::by_system("person", part.id().0, "person.created").note("Made for the demo");
    audit::append(conn, now, event).await.map(drop)
}

async fn add_factor(
    conn: &mut AsyncPgConnection,
    app: &App,
    part: &Part,
    secret: &str,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let secret = Secret::try_from_base32(secret)
        .map_err(|error| diesel::result::Error::SerializationError(error.into()))?;
    diesel::insert_into(totp_factors::table)
        .values((
            totp_factors::person_id.eq(part.id()),
            totp_factors::sealed_secret.eq(app.keys.seal(totp::SECRET_PLACE, &secret)),
            totp_factors::last_step.eq(0),
            totp_factors::created_at.eq(now),
            totp_factors::last_used_at.eq(now),
        ))
        .execute(conn)
        .await?;
    // Nobody reads these: whoever plays the part makes new ones in the settings.
    recovery_codes::replace(conn, app, part.id()).await?;
    Ok(())
}

async fn make_staff(
    conn: &mut AsyncPgConnection,
    part: &Part,
    role: Role,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(staff_roles::table)
        .values((
            staff_roles::person_id.eq(part.id()),
            staff_roles::role.eq(role.as_str()),
            staff_roles::granted_at.eq(now),
        ))
        .execute(conn)
        .await?;
    // Whoever has no factor yet was not asked yet.
    if part.totp_secret.is_some() {
        undertaking::record(conn, part.id(), now).await?;
    }
    Ok(())
}

async fn make_customer(
    conn: &mut AsyncPgConnection,
    app: &App,
    part: &Part,
    state: State,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    accounts::create_first(conn, &app.keys, AccountId::new(now), part.id(), now).await?;
    diesel::insert_into(terms_acceptances::table)
        .values((
            terms_acceptances::id.eq(new_uuid(now)),
            terms_acceptances::person_id.eq(part.id()),
            terms_acceptances::document.eq("terms"),
            terms_acceptances::version.eq(TERMS_VERSION),
            terms_acceptances::accepted_at.eq(now),
        ))
        .execute(conn)
        .await?;
    if matches!(state, State::RecoveryOptedIn | State::RecoveryPending) {
        diesel::insert_into(recovery_optins::table)
            .values((recovery_optins::person_id.eq(part.id()), recovery_optins::opted_in_at.eq(now)))
            .execute(conn)
            .await?;
    }
    Ok(())
}
