//! The extractor is the guard: a handler that takes one of these cannot run without it.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use chrono::NaiveDate;

use super::caller::Caller;
use super::session::{self, Auth};
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::error::{AppError, Barred};

/// Somebody is signed in. A member of staff has a second factor.
#[derive(Clone, Debug)]
pub struct SignedIn {
    auth: Auth,
    /// Where the request came from.
    pub caller: Caller,
}

impl Deref for SignedIn {
    type Target = Auth;
    fn deref(&self) -> &Auth {
        &self.auth
    }
}

impl SignedIn {
    /// For the audit log.
    pub fn actor(&self) -> Actor {
        if self.auth.roles.is_empty() {
            Actor::Customer(self.auth.person.0)
        } else {
            Actor::Staff(self.auth.person.0)
        }
    }
}

fn signed_in(request: &HttpRequest) -> Result<SignedIn, AppError> {
    let auth = session::auth(request).ok_or(AppError::SignInNeeded)?;
    Ok(SignedIn { auth, caller: Caller::of(request) })
}

fn armed(request: &HttpRequest) -> Result<SignedIn, AppError> {
    let who = signed_in(request)?;
    if !who.roles.is_empty() && !who.has_second_factor() {
        return Err(AppError::SecondFactorNeeded);
    }
    Ok(who)
}

fn recent(request: &HttpRequest, who: SignedIn) -> Result<SignedIn, AppError> {
    let app = request.app_data::<web::Data<App>>().expect("every server has its App");
    if who.is_recent(app.clock.now()) { Ok(who) } else { Err(AppError::ReauthenticationNeeded) }
}

impl FromRequest for SignedIn {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(armed(request))
    }
}

/// Somebody is signed in and showed who they are in the last five minutes.
#[derive(Clone, Debug)]
pub struct Reauthenticated(pub SignedIn);

impl FromRequest for Reauthenticated {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(armed(request).and_then(|who| recent(request, who)).map(Self))
    }
}

/// For setting up a second factor: re-authenticated, and a member of staff may still lack the factor.
#[derive(Clone, Debug)]
pub struct Enrolling(pub SignedIn);

impl FromRequest for Enrolling {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(signed_in(request).and_then(|who| recent(request, who)).map(Self))
    }
}

/// For showing who you are: signed in, with or without a factor.
#[derive(Clone, Debug)]
pub struct SessionHolder(pub SignedIn);

impl FromRequest for SessionHolder {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(signed_in(request).map(Self))
    }
}

/// A right of staff; `staff/permissions.rs` says which roles have it.
pub trait Right: 'static {
    /// Whether one of these roles has the right.
    fn granted(roles: &[String]) -> bool;

    /// Whether the right may be used by whoever has agreed to this version of the undertaking to confidentiality, or to
    /// none (S157).
    fn is_open(undertaking: Option<NaiveDate>) -> bool;
}

/// A member of staff with this right. To anybody else the page does not exist; whoever has the right and has not agreed to
/// confidentiality is told to do that first.
#[derive(Clone, Debug)]
pub struct Staff<R: Right>(pub SignedIn, PhantomData<R>);

impl<R: Right> Deref for Staff<R> {
    type Target = SignedIn;
    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

fn staff<R: Right>(request: &HttpRequest) -> Result<SignedIn, AppError> {
    let who = armed(request)?;
    if !R::granted(&who.roles) {
        return Err(AppError::NotFound);
    }
    if R::is_open(who.undertaking) { Ok(who) } else { Err(AppError::Barred(Barred::NoUndertaking)) }
}

impl<R: Right> FromRequest for Staff<R> {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(staff::<R>(request).map(|who| Self(who, PhantomData)))
    }
}

/// A member of staff with this right who showed who they are in the last five minutes: for what cannot
/// be taken back, and what changes the rights of others.
#[derive(Clone, Debug)]
pub struct RecentStaff<R: Right>(pub SignedIn, PhantomData<R>);

impl<R: Right> Deref for RecentStaff<R> {
    type Target = SignedIn;
    fn deref(&self) -> &SignedIn {
        &self.0
    }
}

impl<R: Right> FromRequest for RecentStaff<R> {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(staff::<R>(request).and_then(|who| recent(request, who)).map(|who| Self(who, PhantomData)))
    }
}
