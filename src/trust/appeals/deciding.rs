//! What a reviewer does with an appeal: writes, and decides it (S130).

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::{AsyncConnection as _, AsyncPgConnection};

use super::queries::{self, Appeal, Decided};
use super::{Refusal, files, log, mail, refused};
use crate::content::locks;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::Actor;
use crate::platform::error::AppError;
use crate::platform::files::Uploader;
use crate::platform::files::letter::Letter;
use crate::platform::ids::AppealId;
use crate::platform::web::guards::SignedIn;
use crate::privacy::receipts::{self, Kind, document};
use crate::staff::desk::{Queue, claims};
use crate::trust::rules::bound;
use crate::trust::suspensions::{self, Change, Ruling, Suspension};

/// What a reviewer decides.
#[derive(Clone, Debug)]
pub struct Decision {
    /// What becomes of the suspension.
    pub change: Change,
    /// Why, as the customer reads it: 10 to 4,000 characters.
    pub words: String,
    /// Which version of the appeal they have seen.
    pub seen: i32,
}

fn outcome(change: Change) -> &'static str {
    match change {
        Change::Upheld => "upheld",
        Change::Shortened(_) => "shortened",
        Change::Lifted => "lifted",
    }
}

/// Decides an appeal: suspension, state of the account, mail, receipt and audit in one transaction. Lifting gives back
/// exactly what was, because nothing of it was rewritten.
///
/// # Errors
/// Inside: what stands against it, as that something happened since the page was made, or that whoever decides has a part
/// in it; the database refuses that too. Outside: `NotFound`.
pub async fn decide(
    app: &App,
    who: &SignedIn,
    id: AppealId,
    decision: &Decision,
) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let decided = conn
        .transaction(async |conn| {
            let appeal = queries::find(conn, id).await?;
            locks::hold_account(conn, appeal.account).await?;
            people::lock_as(conn, who).await?;
            // What happened while this waited for the account.
            let present = queries::find(conn, id).await?;
            if !present.is_open() {
                return Ok(Err(Refusal::Closed));
            }
            let written = Decided {
                outcome: outcome(decision.change),
                by: who.person,
                words: &decision.words,
                seen: decision.seen,
            };
            if !queries::decide(conn, id, &written, now).await? {
                return Ok(Err(Refusal::Stale));
            }
            carry_out(conn, app, who, id, decision, now).await.map(Ok)
        })
        .await;
    let decided = refused(decided)?.and_then(|inner| inner);
    if decided.is_ok() {
        // It is decided, whatever comes of this: the timetable looks at every rule again.
        if let Err(error) = look_at_rule(&mut conn, app, id, now).await {
            tracing::error!(error = format!("{error:#}"), appeal.id = %id, "the rule was not looked at");
        }
    }
    Ok(decided)
}

/// Looks whether decisions of the rule behind an appeal stand: if not, it asks from now on.
async fn look_at_rule(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: AppealId,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let appeal = queries::find(conn, id).await?;
    if let Some(rule) = suspensions::find(conn, appeal.suspension).await?.rule {
        bound::look(conn, app, rule, now).await?;
    }
    Ok(())
}

async fn carry_out(
    conn: &mut AsyncPgConnection,
    app: &App,
    who: &SignedIn,
    id: AppealId,
    decision: &Decision,
    now: DateTime<Utc>,
) -> QueryResult<()> {
    let appeal = queries::find(conn, id).await?;
    let ruling = Ruling {
        suspension: appeal.suspension,
        change: decision.change,
        by: who.person,
        words: &decision.words,
        appeal: Some(id),
        seen: None,
    };
    let suspension = suspensions::rule_on(conn, &ruling, now).await?;
    let account = suspensions::as_owner(conn, appeal.account).await?;
    mail::decided(conn, app, &account, (&appeal, &suspension), now).await?;
    let about = suspensions::receipt(Kind::AppealDecided, &account, &suspension, Some(in_receipt(&appeal)));
    receipts::issue(conn, app, now, &about).await?;
    let from = who.caller.circumstances();
    suspensions::log_ruling(conn, &ruling, &suspension, &from, now).await?;
    log(conn, Actor::Staff(who.person.0), &appeal, "account.appeal.decided", &from, now).await
}

fn in_receipt(appeal: &Appeal) -> document::Appeal {
    document::Appeal {
        number: appeal.id.to_string(),
        round: appeal.round,
        outcome: appeal.outcome.clone().unwrap_or_default(),
        filed_at: appeal.filed_at,
    }
}

/// Writes to the owner, as whoever has claimed the appeal; a mail says that there is something to read. Where it is
/// refused, its files go.
///
/// # Errors
/// Inside: that it is closed, that they have not claimed it, or that there is no more room for files. Outside: what the
/// database says.
pub async fn write(
    app: &App,
    who: &SignedIn,
    id: AppealId,
    letter: &Letter,
) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let written = conn
        .transaction(async |conn| {
            let appeal = queries::find(conn, id).await?;
            locks::hold_account(conn, appeal.account).await?;
            people::lock_as(conn, who).await?;
            if !claims::require(conn, Queue::Appeals, id.0, who.person, now).await? {
                return Ok(Err(Refusal::Unclaimed));
            }
            let message = queries::insert_message(conn, id, ("staff", who.person), &letter.body, now).await?;
            let by = Uploader::Staff(who.person);
            files::attach(conn, (id, Some(message)), by, &letter.files, now).await?;
            let account = suspensions::as_owner(conn, appeal.account).await?;
            mail::written(conn, app, &account, &appeal, now).await?;
            Ok(Ok(()))
        })
        .await;
    letter.settle(app, refused(written).map(|written| written.and_then(|inner| inner))).await
}

/// Whether somebody may decide an appeal, but for the claim: what the page says before they try.
///
/// # Errors
/// What the database says.
pub async fn stands_against(
    conn: &mut AsyncPgConnection,
    who: &SignedIn,
    appeal: &Appeal,
    suspension: &Suspension,
) -> QueryResult<Option<Refusal>> {
    let parties = suspensions::parties(conn, suspension.id).await?;
    let is_in = suspensions::is_in(conn, appeal.account, who.person).await?;
    if parties.contains(&who.person) || appeal.filed_by == Some(who.person) || is_in {
        return Ok(Some(Refusal::Party));
    }
    let all = queries::of_suspension(conn, suspension.id).await?;
    let first_is_theirs = all.iter().any(|one| one.round == 1 && one.decided_by == Some(who.person));
    Ok((appeal.round == 2 && first_is_theirs).then_some(Refusal::SecondBySame))
}
