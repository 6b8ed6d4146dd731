//! SQL of invitations.

use chrono::{DateTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use uuid::Uuid;

use super::Invitation;
use crate::accounts::guard::Account;
use crate::accounts::permissions::AccountRole;
use crate::platform::db::schema::{account_invitations, account_members, accounts, people};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, AccountInvitationId, PersonId};

/// What is about to be written.
pub(super) struct New<'a> {
    pub id: AccountInvitationId,
    pub account: AccountId,
    pub email: &'a str,
    pub role: AccountRole,
    pub token_hash: &'a [u8],
    pub invited_by: PersonId,
    pub created_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
}

pub(super) async fn insert(conn: &mut AsyncPgConnection, new: &New<'_>) -> QueryResult<()> {
    diesel::insert_into(account_invitations::table)
        .values((
            account_invitations::id.eq(new.id),
            account_invitations::account_id.eq(new.account),
            account_invitations::email.eq(new.email),
            account_invitations::role.eq(new.role.as_str()),
            account_invitations::token_hash.eq(new.token_hash),
            account_invitations::invited_by.eq(new.invited_by.0),
            account_invitations::created_at.eq(new.created_at),
            account_invitations::expires_at.eq(new.expires_at),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// Whether it was neither answered nor withdrawn; it may have run out.
fn is_open() -> diesel::expression::SqlLiteral<Bool> {
    sql(
        "account_invitations.accepted_at IS NULL AND account_invitations.declined_at IS NULL AND account_invitations.withdrawn_at IS NULL",
    )
}

/// In lower case, as the indexes have it.
fn lower_email() -> diesel::expression::SqlLiteral<Text> {
    sql("lower(account_invitations.email)")
}

/// Whether an address belongs to the owner or a member of an account.
pub(super) async fn is_in(conn: &mut AsyncPgConnection, account: &Account, email: &str) -> QueryResult<bool> {
    let member = account_members::table.filter(account_members::account_id.eq(account.id));
    let found = people::table.filter(sql::<Text>("lower(people.email)").eq(email.to_lowercase())).filter(
        people::id.eq(account.owner).or(people::id.eq_any(member.select(account_members::person_id))),
    );
    diesel::select(diesel::dsl::exists(found)).get_result(conn).await
}

/// Withdraws what is open for the same address.
pub(super) async fn replace(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    email: &str,
    now: DateTime<Utc>,
) -> QueryResult<usize> {
    diesel::update(account_invitations::table)
        .filter(account_invitations::account_id.eq(account).and(lower_email().eq(email.to_lowercase())))
        .filter(is_open())
        .set(account_invitations::withdrawn_at.eq(now))
        .execute(conn)
        .await
}

/// An invitation, open or not.
pub(super) struct Found {
    pub invitation: Invitation,
    accepted: bool,
    declined: bool,
    withdrawn: bool,
}

impl Found {
    /// The invitation if it is open, or what became of it.
    pub fn open(self, now: DateTime<Utc>) -> Result<Invitation, AppError> {
        let why = match self {
            Self { accepted: true, .. } => super::ACCEPTED,
            Self { declined: true, .. } => super::DECLINED,
            Self { withdrawn: true, .. } => super::WITHDRAWN,
            Self { invitation, .. } if now >= invitation.expires_at => super::EXPIRED,
            Self { invitation, .. } => return Ok(invitation),
        };
        Err(AppError::Gone(why))
    }
}

#[derive(Queryable)]
struct Row {
    id: AccountInvitationId,
    account: AccountId,
    account_name: String,
    owner_name: String,
    email: String,
    role: String,
    inviter: Option<Uuid>,
    invited_by: Option<String>,
    expires_at: DateTime<Utc>,
    ends: (bool, bool, bool),
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let (accepted, declined, withdrawn) = row.ends;
        let role = AccountRole::parse(&row.role).expect("the database keeps to the roles");
        let invitation = Invitation {
            id: row.id,
            account: row.account,
            account_name: row.account_name,
            owner_name: row.owner_name,
            email: row.email,
            role,
            invited_by: row.invited_by,
            expires_at: row.expires_at,
            inviter: row.inviter,
        };
        Self { invitation, accepted, declined, withdrawn }
    }
}

pub(super) async fn find(
    conn: &mut AsyncPgConnection,
    id: AccountInvitationId,
) -> QueryResult<Option<Found>> {
    load(conn, Which::Id(id)).await
}

pub(super) async fn find_by_token(conn: &mut AsyncPgConnection, hash: &[u8]) -> QueryResult<Option<Found>> {
    load(conn, Which::Token(hash)).await
}

enum Which<'a> {
    Id(AccountInvitationId),
    Token(&'a [u8]),
}

async fn load(conn: &mut AsyncPgConnection, which: Which<'_>) -> QueryResult<Option<Found>> {
    let (inviters, owners) = diesel::alias!(people as inviters, people as owners);
    let query = account_invitations::table
        .inner_join(accounts::table)
        .inner_join(owners.on(owners.field(people::id).eq(accounts::owner_id)))
        .left_join(inviters.on(inviters.field(people::id).nullable().eq(account_invitations::invited_by)))
        .select((
            account_invitations::id,
            account_invitations::account_id,
            accounts::name,
            owners.field(people::name),
            account_invitations::email,
            account_invitations::role,
            account_invitations::invited_by,
            inviters.field(people::name).nullable(),
            account_invitations::expires_at,
            (
                account_invitations::accepted_at.is_not_null(),
                account_invitations::declined_at.is_not_null(),
                account_invitations::withdrawn_at.is_not_null(),
            ),
        ));
    let found: Option<Row> = match which {
        Which::Id(id) => query.filter(account_invitations::id.eq(id)).first(conn).await.optional()?,
        Which::Token(hash) => {
            query.filter(account_invitations::token_hash.eq(hash)).first(conn).await.optional()?
        }
    };
    Ok(found.map(Found::from))
}

/// How an invitation ends by whom it was sent to.
#[derive(Clone, Copy, Debug)]
pub(super) enum Answer {
    Accepted,
    Declined,
}

/// Answers whether it was this call that ended the invitation: of two at once, one.
pub(super) async fn answer(
    conn: &mut AsyncPgConnection,
    id: AccountInvitationId,
    answer: Answer,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let open =
        account_invitations::table.find(id).filter(is_open()).filter(account_invitations::expires_at.gt(now));
    let changed = match answer {
        Answer::Accepted => {
            diesel::update(open).set(account_invitations::accepted_at.eq(now)).execute(conn).await?
        }
        Answer::Declined => {
            diesel::update(open).set(account_invitations::declined_at.eq(now)).execute(conn).await?
        }
    };
    Ok(changed > 0)
}

pub(super) async fn withdraw(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    id: AccountInvitationId,
    now: DateTime<Utc>,
) -> QueryResult<bool> {
    let changed = diesel::update(account_invitations::table.find(id))
        .filter(account_invitations::account_id.eq(account))
        .filter(is_open())
        .set(account_invitations::withdrawn_at.eq(now))
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

/// An invitation that can be accepted.
#[derive(Clone, Debug, Queryable)]
pub struct Open {
    /// SID.
    pub id: AccountInvitationId,
    /// What the account is called.
    pub account_name: String,
    /// To whom.
    pub email: String,
    role: String,
    /// When it was sent.
    pub created_at: DateTime<Utc>,
    /// Until when it works.
    pub expires_at: DateTime<Utc>,
}

impl Open {
    /// To which role.
    pub fn role(&self) -> AccountRole {
        AccountRole::parse(&self.role).expect("the database keeps to the roles")
    }
}

type OpenColumns = (
    account_invitations::id,
    accounts::name,
    account_invitations::email,
    account_invitations::role,
    account_invitations::created_at,
    account_invitations::expires_at,
);
const OPEN_COLUMNS: OpenColumns = (
    account_invitations::id,
    accounts::name,
    account_invitations::email,
    account_invitations::role,
    account_invitations::created_at,
    account_invitations::expires_at,
);

pub(super) async fn open_to(
    conn: &mut AsyncPgConnection,
    email: &str,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Open>> {
    account_invitations::table
        .inner_join(accounts::table)
        .filter(lower_email().eq(email.to_lowercase()))
        .filter(is_open())
        .filter(account_invitations::expires_at.gt(now))
        .order(account_invitations::id.desc())
        .select(OPEN_COLUMNS)
        .load(conn)
        .await
}

pub(super) async fn open_of(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> QueryResult<Vec<Open>> {
    account_invitations::table
        .inner_join(accounts::table)
        .filter(account_invitations::account_id.eq(account))
        .filter(is_open())
        .filter(account_invitations::expires_at.gt(now))
        .order(account_invitations::id.desc())
        .select(OPEN_COLUMNS)
        .load(conn)
        .await
}
