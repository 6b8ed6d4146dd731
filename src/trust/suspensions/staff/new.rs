//! Suspending by staff: what is typed, what will happen, and only then the deed. Several accounts at once are still single
//! decisions, each in a transaction of its own.

use actix_web::{HttpRequest, web};
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::PATH;
use super::form::{NewForm, Typed};
use crate::accounts::states::State;
use crate::content::locks;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::error::{AppError, violates};
use crate::platform::ids::{AccountId, SuspensionId};
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{RecentStaff, SignedIn};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::staff::permissions::SuspendsAccounts;
use crate::trust::suspensions::{self, Decider, Decision, queries, standing};

#[derive(askama::Template)]
#[template(path = "trust/suspensions/staff_new.html")]
struct NewPage {
    page: Page,
    action: String,
    form: Form,
}

fn new_page(request: &HttpRequest, action: &str, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Suspend"), action: action.to_owned(), form }
}

/// An account that is about to be suspended.
struct Concerned {
    account: String,
    state: &'static str,
    people: i64,
    present: String,
}

#[derive(askama::Template)]
#[template(path = "trust/suspensions/staff_confirm.html")]
struct ConfirmPage {
    page: Page,
    action: String,
    level: &'static str,
    about: &'static str,
    stopped: Vec<&'static str>,
    works: Vec<&'static str>,
    reason: &'static str,
    words: String,
    until: String,
    events: usize,
    concerned: Vec<Concerned>,
    hidden: Form,
}

/// What each account is in; an account that is not there, or is closed, is wrong.
async fn concerned(
    conn: &mut AsyncPgConnection,
    typed: &Typed,
    form: &mut Form,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<Vec<Concerned>, AppError> {
    use diesel::OptionalExtension as _;
    let mut all = Vec::new();
    for account in &typed.accounts {
        let Some((state, standing)) = standing::present(conn, *account).await.optional()? else {
            form.fail("accounts", format!("There is no account {account}."));
            continue;
        };
        if state == State::Closed {
            form.fail("accounts", format!("The account {account} is closed."));
        }
        let present = standing.highest(now).map_or("", |open| open.level.label()).to_owned();
        let people = queries::count_readers(conn, *account).await?;
        all.push(Concerned { account: account.to_string(), state: state.label(), people, present });
    }
    Ok(all)
}

/// `GET /staff/accounts/{account}/suspension`
pub async fn of_account(
    request: HttpRequest,
    _who: RecentStaff<SuspendsAccounts>,
    account: web::Path<String>,
) -> WebResult {
    let account: AccountId = account.parse().map_err(|_| AppError::NotFound)?;
    pages::ok(&new_page(&request, request.path(), NewForm::of(account).draw()))
}

/// `GET /staff/suspensions/new`
pub async fn new(request: HttpRequest, _who: RecentStaff<SuspendsAccounts>) -> WebResult {
    pages::ok(&new_page(&request, request.path(), NewForm::default().draw()))
}

/// `POST /staff/accounts/{account}/suspension` and `POST /staff/suspensions/new`: first what will happen, then the deed.
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<SuspendsAccounts>,
    typed: web::Form<NewForm>,
) -> WebResult {
    let (now, mut form) = (app.clock.now(), typed.draw());
    let read = typed.parse(&mut form, now);
    if typed.stage == "again" {
        return pages::ok(&new_page(&request, request.path(), typed.draw()));
    }
    let Some(read) = read else {
        return pages::unprocessable(&new_page(&request, request.path(), form));
    };
    let found = concerned(&mut *app.db.get().await?, &read, &mut form, now).await?;
    if form.has_errors() {
        return pages::unprocessable(&new_page(&request, request.path(), form));
    }
    if typed.stage != "confirmed" {
        return pages::ok(&confirm_page(&request, &typed, &read, found, now));
    }
    let done = carry_out(&app, &who, &read, &typed.ids()).await?;
    told(&request, &done);
    Ok(see_other(&match done.as_slice() {
        [Some(id)] => format!("{PATH}/{id}"),
        _ => PATH.to_owned(),
    }))
}

fn confirm_page(
    request: &HttpRequest,
    typed: &NewForm,
    read: &Typed,
    concerned: Vec<Concerned>,
    now: chrono::DateTime<chrono::Utc>,
) -> ConfirmPage {
    let ids: Vec<_> = read.accounts.iter().map(|account| (*account, SuspensionId::new(now))).collect();
    ConfirmPage {
        page: Page::of(request, "Suspend"),
        action: request.path().to_owned(),
        level: read.level.label(),
        about: read.level.about(),
        stopped: read.level.stopped(),
        works: read.level.works(),
        reason: read.reason.label(),
        words: read.words.clone(),
        until: read.until.as_ref().map_or_else(|| "somebody lifts it".into(), moment),
        events: read.evidence.events.len(),
        concerned,
        hidden: typed.hidden(&ids),
    }
}

/// Suspends each account by itself. Answers for each the number, or nothing where it was closed meanwhile.
async fn carry_out(
    app: &App,
    who: &SignedIn,
    read: &Typed,
    ids: &[(AccountId, SuspensionId)],
) -> Result<Vec<Option<SuspensionId>>, AppError> {
    let mut done = Vec::new();
    for account in &read.accounts {
        let Some((_, id)) = ids.iter().find(|(of, _)| of == account) else {
            return Err(AppError::BadRequest("The numbers of the suspensions are missing.".into()));
        };
        let decision = Decision {
            account: *account,
            level: read.level,
            reason: read.reason,
            words: read.words.clone(),
            decider: Decider::Staff(who.person),
            expires_at: read.until,
            evidence: read.evidence.clone(),
        };
        done.push(one(app, who, *id, &decision).await?);
    }
    Ok(done)
}

async fn one(
    app: &App,
    who: &SignedIn,
    id: SuspensionId,
    decision: &Decision,
) -> Result<Option<SuspensionId>, AppError> {
    let (now, from) = (app.clock.now(), who.caller.circumstances());
    let mut conn = app.db.get().await?;
    let suspended = conn
        .transaction(async |conn| {
            // The account before any person, as everybody locks them.
            locks::hold_account(conn, decision.account).await?;
            people::lock_as(conn, who).await?;
            suspensions::suspend_as(conn, app, id, decision, &from, now).await
        })
        .await;
    match suspended {
        Ok(there) => Ok(there),
        // The same form was sent before.
        Err(error) if violates(&error, "suspensions_pkey") => Ok(Some(id)),
        Err(error) => Err(error.into()),
    }
}

fn told(request: &HttpRequest, done: &[Option<SuspensionId>]) {
    let (suspended, closed) =
        (done.iter().flatten().count(), done.iter().filter(|one| one.is_none()).count());
    let words = match suspended {
        1 => "It is decided. Everybody in the account gets a mail.".to_owned(),
        many => format!("{many} accounts are decided about, each by itself. Everybody in them gets a mail."),
    };
    if suspended > 0 {
        flash::success(request, words);
    }
    if closed > 0 {
        flash::info(request, "What was closed meanwhile is left as it is.");
    }
}
