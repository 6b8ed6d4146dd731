//! The guard of an account's pages: a handler that takes one of these runs only for a member whose role has the
//! right. To anybody else the account is not there. The look-up starts from the person who asks.
//!
//! A handler that changes the account takes [`Changer`] or [`RecentChanger`], so that it is read-only while it is being closed
//! ([`super::closure::read_only`]); one that only reads, or protects somebody, takes [`Member`] or [`RecentMember`].

use std::future::Future;
use std::marker::PhantomData;
use std::ops::Deref;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use diesel::dsl::exists;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use serde_json::Value;

use super::closure::read_only;
use super::permissions::{self, AccountRole, Right};
use super::states::State;
use crate::platform::app::App;
use crate::platform::db::schema::{account_members, account_states, accounts};
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, PersonId};
use crate::platform::web::guards::{Reauthenticated, SignedIn};
use crate::trust::suspensions::Standing;
use crate::trust::suspensions::standing::open_suspensions;

/// An account as one of its members sees it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub owner: PersonId,
    /// The point of contact (S96).
    pub contact: PersonId,
    /// What it is in.
    pub state: State,
    /// Its suspensions.
    pub standing: Standing,
    /// What whoever asks is in it.
    pub role: AccountRole,
}

impl Account {
    /// The address of one of its pages; `page` is empty or begins with a slash.
    pub fn path(&self, page: &str) -> String {
        format!("/accounts/{}{page}", self.id)
    }

    /// The pages that whoever asks may open: address and label.
    pub fn pages(&self) -> Vec<(String, &'static str)> {
        permissions::pages(self.role).into_iter().map(|(page, label)| (self.path(page), label)).collect()
    }
}

/// Finds an account among those of a person.
///
/// # Errors
/// What the database says; `NotFound` where it is not theirs.
pub async fn find(conn: &mut AsyncPgConnection, id: AccountId, person: PersonId) -> QueryResult<Account> {
    let member = account_members::table
        .filter(account_members::account_id.eq(accounts::id).and(account_members::person_id.eq(person)));
    type Row = (String, PersonId, Option<PersonId>, String, Option<Value>, Option<String>);
    let (name, owner, contact, state, open, role): Row = accounts::table
        .inner_join(account_states::table)
        .filter(accounts::id.eq(id).and(account_states::ended_at.is_null()))
        .filter(accounts::owner_id.eq(person).or(exists(member)))
        .select((
            accounts::name,
            accounts::owner_id,
            accounts::contact_id,
            account_states::state,
            open_suspensions(accounts::id),
            member.select(account_members::role).single_value(),
        ))
        .first(conn)
        .await?;
    let role =
        if owner == person { Some(AccountRole::Owner) } else { role.as_deref().and_then(AccountRole::parse) };
    Ok(Account {
        id,
        name,
        owner,
        contact: contact.unwrap_or(owner),
        state: State::parse(&state).expect("the database keeps to the states"),
        standing: Standing::of(open),
        role: role.ok_or(diesel::result::Error::NotFound)?,
    })
}

/// A member of the account in the path, with this right.
#[derive(Clone, Debug)]
pub struct Member<R: Right> {
    /// Who.
    pub who: SignedIn,
    /// The account.
    pub account: Account,
    right: PhantomData<R>,
}

impl<R: Right> Deref for Member<R> {
    type Target = SignedIn;
    fn deref(&self) -> &SignedIn {
        &self.who
    }
}

async fn member<R: Right>(request: &HttpRequest, who: SignedIn) -> Result<Member<R>, AppError> {
    let app = request.app_data::<web::Data<App>>().expect("every server has its App");
    let id: AccountId =
        request.match_info().get("account").and_then(|sid| sid.parse().ok()).ok_or(AppError::NotFound)?;
    let account = find(&mut *app.db.get().await?, id, who.person).await?;
    if !R::RIGHT.granted_to(account.role) {
        return Err(AppError::NotFound);
    }
    Ok(Member { who, account, right: PhantomData })
}

impl<R: Right> FromRequest for Member<R> {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let who = SignedIn::from_request(request, payload);
        let request = request.clone();
        Box::pin(async move { member(&request, who.await?).await })
    }
}

async fn changer<R: Right>(request: &HttpRequest, who: SignedIn) -> Result<Member<R>, AppError> {
    let member = member::<R>(request, who).await?;
    let (id, state) = (member.account.id, member.account.state);
    if state.is_on_its_way_out() {
        let app = request.app_data::<web::Data<App>>().expect("every server has its App");
        read_only::must_be_open(&mut *app.db.get().await?, id, state).await?;
    }
    Ok(member)
}

/// Guards that let in fewer than [`Member`] does: by which of the look-ups above, and what is asked after it.
macro_rules! stricter {
    ($($(#[$story:meta])* $name:ident: $look_up:ident $(then $further:ident)?;)*) => {$(
        $(#[$story])*
        #[derive(Clone, Debug)]
        pub struct $name<R: Right>(pub Member<R>);

        impl<R: Right> Deref for $name<R> {
            type Target = Member<R>;
            fn deref(&self) -> &Member<R> {
                &self.0
            }
        }

        impl<R: Right> FromRequest for $name<R> {
            type Error = AppError;
            type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

            fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
                let who = SignedIn::from_request(request, payload);
                let request = request.clone();
                Box::pin(async move {
                    let member = $look_up(&request, who.await?).await?;
                    $($further::extract(&request).await?;)?
                    Ok(Self(member))
                })
            }
        }
    )*};
}

stricter! {
    /// As [`Member`], and re-authenticated in the last five minutes. Who is no member learns of neither.
    RecentMember: member then Reauthenticated;

    /// As [`Member`], for what changes the account: while it is on its way out whoever asks is told that it is read-only, and
    /// who is no member that it is not there. The closure may begin right after; what the handler calls looks again under
    /// the lock.
    Changer: changer;

    /// As [`Changer`], and re-authenticated in the last five minutes. Nobody shows who they are for what is refused anyway.
    RecentChanger: changer then Reauthenticated;
}
