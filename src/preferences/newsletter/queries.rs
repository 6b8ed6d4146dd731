//! SQL of newsletter sign-ups.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::NewsletterSignUp;
use crate::platform::db::schema::newsletter_sign_ups;
use crate::platform::ids::new_uuid;

/// A wish to be kept.
pub(super) struct New<'a> {
    pub email: &'a str,
    pub token_hash: &'a [u8],
    pub now: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn insert(
    conn: &mut AsyncPgConnection,
    new: &New<'_>,
    wording: &str,
    country: Option<&str>,
) -> QueryResult<()> {
    diesel::insert_into(newsletter_sign_ups::table)
        .values((
            newsletter_sign_ups::id.eq(new_uuid(new.now)),
            newsletter_sign_ups::email.eq(new.email),
            newsletter_sign_ups::token_hash.eq(new.token_hash),
            newsletter_sign_ups::wording.eq(wording),
            newsletter_sign_ups::country.eq(country),
            newsletter_sign_ups::created_at.eq(new.now),
            newsletter_sign_ups::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

pub(super) async fn by_token(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
) -> QueryResult<Option<NewsletterSignUp>> {
    newsletter_sign_ups::table
        .filter(newsletter_sign_ups::token_hash.eq(hash))
        .select(NewsletterSignUp::as_select())
        .first(conn)
        .await
        .optional()
}

/// Answers the wish if it was this call that confirmed it: of two at once, one.
pub(super) async fn confirm(
    conn: &mut AsyncPgConnection,
    hash: &[u8],
    now: DateTime<Utc>,
) -> QueryResult<Option<NewsletterSignUp>> {
    let open = newsletter_sign_ups::table
        .filter(newsletter_sign_ups::token_hash.eq(hash))
        .filter(newsletter_sign_ups::confirmed_at.is_null());
    diesel::update(open)
        .set(newsletter_sign_ups::confirmed_at.eq(now))
        .returning(NewsletterSignUp::as_returning())
        .get_result(conn)
        .await
        .optional()
}
