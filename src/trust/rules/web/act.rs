//! What staff do with a version: replay it, propose that it does more, decide about a proposal, take it back.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use uuid::Uuid;

use super::show::version_page;
use super::{Place, place};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{RecentStaff, Staff};
use crate::platform::web::pages::{self, WebResult, see_other};
use crate::platform::web::pagination::Keyset;
use crate::staff::permissions::TunesRules;
use crate::trust::rules::modes::{self, Answer};
use crate::trust::rules::{Mode, Refusal, Version, queries, replay as replays};

/// A mode and a reason, as they come in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    mode: String,
    why: String,
}

/// What is decided about a proposal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Decided {
    answer: String,
    /// The proposal that the page showed.
    proposal: String,
}

fn choices(modes: impl Iterator<Item = Mode>, chosen: &str) -> Vec<Choice> {
    modes
        .map(|mode| Choice {
            value: mode.as_str().into(),
            label: format!("{}: {}", mode.label(), mode.about()),
            selected: mode.as_str() == chosen,
        })
        .collect()
}

/// Modes in which it does more than now.
fn more(present: Mode) -> impl Iterator<Item = Mode> {
    Mode::ALL.into_iter().filter(move |mode| *mode > present)
}

/// Modes in which it does less.
fn less(present: Mode) -> impl Iterator<Item = Mode> {
    Mode::ALL.into_iter().filter(move |mode| *mode < present)
}

fn why(form: &mut Form, why: &str) {
    if !(10..=1000).contains(&why.trim().chars().count()) {
        form.fail("why", "Say why, in 10 to 1,000 characters.");
    }
}

pub(super) fn propose_form(present: Mode, mode: &str, why: &str) -> Form {
    let mut reason =
        Field::textarea("why", "Why").hint("What the replay shows, and what it is good for.").value(why);
    reason.maxlength = Some(1000);
    Form::new(vec![Field::select("mode", "What it should do", choices(more(present), mode)), reason])
}

pub(super) fn take_back_form(present: Mode, mode: &str, why: &str) -> Form {
    let mut reason = Field::textarea("because", "Why").value(why);
    reason.maxlength = Some(1000);
    Form::new(vec![Field::select("to", "What it does from now on", choices(less(present), mode)), reason])
}

async fn found(app: &App, at: &Place) -> Result<Version, AppError> {
    let (rule, number) = place(at)?;
    Ok(queries::numbered(&mut *app.db.get().await?, rule, number).await?)
}

fn done(request: &HttpRequest, version: &Version, outcome: Result<(), Refusal>, words: &str) -> WebResult {
    match outcome {
        Ok(()) => flash::success(request, words),
        Err(refusal) => flash::info(request, refusal.words()),
    }
    Ok(see_other(&version.path()))
}

/// `POST /staff/rules/{rule}/versions/{n}/replay`
pub async fn replay(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<TunesRules>,
    at: Place,
) -> WebResult {
    let version = found(&app, &at).await?;
    replays::begin(&app, version.id).await?;
    flash::success(&request, "The replay is under way. Look again in a moment.");
    Ok(see_other(&version.path()))
}

/// `POST /staff/rules/{rule}/versions/{n}/proposal`
pub async fn propose(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<TunesRules>,
    at: Place,
    typed: web::Form<Asked>,
) -> WebResult {
    let version = found(&app, &at).await?;
    let mut form = propose_form(version.mode(), &typed.mode, &typed.why);
    let mode = Mode::parse(&typed.mode).filter(|mode| *mode > version.mode());
    if mode.is_none() {
        form.fail("mode", "Choose one.");
    }
    why(&mut form, &typed.why);
    let Some(mode) = mode.filter(|_| !form.has_errors()) else {
        let forms = (form, take_back_form(version.mode(), "", ""));
        return pages::unprocessable(
            &version_page(&app, &request, who.person.0, version, &Keyset::default(), forms).await?,
        );
    };
    let outcome = modes::propose(&app, &who, version.id, mode, typed.why.trim()).await?;
    done(&request, &version, outcome, "It is proposed. Somebody else decides about it.")
}

/// `POST /staff/rules/{rule}/versions/{n}/decision`
pub async fn decide(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<TunesRules>,
    at: Place,
    typed: web::Form<Decided>,
) -> WebResult {
    let version = found(&app, &at).await?;
    let answer = Answer::parse(&typed.answer)
        .ok_or_else(|| AppError::BadRequest("There is no such answer.".into()))?;
    let outcome = match typed.proposal.parse::<Uuid>() {
        Ok(seen) => modes::decide(&app, &who, version.id, seen, answer).await?,
        Err(_) => Err(Refusal::MovedOn),
    };
    let words = match answer {
        Answer::Approved => "It is done. Every account is looked at anew.",
        Answer::Declined => "It stays as it is.",
        Answer::Withdrawn => "The proposal is taken back.",
    };
    done(&request, &version, outcome, words)
}

/// What a version is taken back to, as it comes in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TakenBack {
    to: String,
    because: String,
}

/// `POST /staff/rules/{rule}/versions/{n}/return`
pub async fn take_back(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<TunesRules>,
    at: Place,
    typed: web::Form<TakenBack>,
) -> WebResult {
    let version = found(&app, &at).await?;
    let mut form = take_back_form(version.mode(), &typed.to, &typed.because);
    let mode = Mode::parse(&typed.to).filter(|mode| *mode < version.mode());
    if mode.is_none() {
        form.fail("to", "Choose one.");
    }
    if !(10..=1000).contains(&typed.because.trim().chars().count()) {
        form.fail("because", "Say why, in 10 to 1,000 characters.");
    }
    let Some(mode) = mode.filter(|_| !form.has_errors()) else {
        let forms = (propose_form(version.mode(), "", ""), form);
        return pages::unprocessable(
            &version_page(&app, &request, who.person.0, version, &Keyset::default(), forms).await?,
        );
    };
    let outcome = modes::take_back(&app, &who, version.id, mode, typed.because.trim()).await?;
    done(&request, &version, outcome, "It is done.")
}
