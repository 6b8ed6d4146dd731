//! What is done with a disclosure at the desk, each with its own small form.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::{find, page, path};
use crate::platform::app::App;
use crate::platform::ids::PersonId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{RecentStaff, SignedIn};
use crate::platform::web::pages::{self, WebResult, date, see_other};
use crate::privacy::disclosures::kinds::{Outcome, RecipientKind, State};
use crate::privacy::disclosures::parts::{day, names_somebody, parse_silence, text};
use crate::privacy::disclosures::record::Disclosure;
use crate::privacy::disclosures::steps::{self, Act};
use crate::staff::permissions::RecordsDisclosures;

/// What can be done, in the order of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Objection,
    Answer,
    Approval,
    Silence,
    Handover,
    Refusal,
    Withdrawal,
}

impl Wanted {
    const ALL: [Self; 7] = [
        Self::Objection,
        Self::Answer,
        Self::Approval,
        Self::Silence,
        Self::Handover,
        Self::Refusal,
        Self::Withdrawal,
    ];

    /// The end of its address.
    fn place(self) -> &'static str {
        match self {
            Self::Objection => "objection",
            Self::Answer => "answer",
            Self::Approval => "approval",
            Self::Silence => "silence",
            Self::Handover => "handover",
            Self::Refusal => "refusal",
            Self::Withdrawal => "withdrawal",
        }
    }

    /// Its heading, what its button says, and the look of that.
    fn words(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Objection => ("It was not issued properly", "Note our objection", ""),
            Self::Answer => ("What came of our objection", "Note the answer", ""),
            Self::Approval => ("Approval", "Approve it", "is-primary"),
            Self::Silence => ("When they are told", "Change the day", ""),
            Self::Handover => ("Handed over", "Note that it was handed over", ""),
            Self::Refusal => ("Nothing is given", "Refuse it", "is-danger"),
            Self::Withdrawal => ("Not asked for any more", "Note that it was withdrawn", ""),
        }
    }

    /// What is said once it is done.
    fn done(self) -> &'static str {
        match self {
            Self::Objection => "The objection is noted, and counted.",
            Self::Answer => "What came of the objection is noted, and counted.",
            Self::Approval => {
                "It is approved. Whoever it is about is told, unless that is forbidden for now."
            }
            Self::Silence => "The day is changed.",
            Self::Handover => "It is noted that it was handed over.",
            Self::Refusal => "It is refused.",
            Self::Withdrawal => "It is noted that it was withdrawn.",
        }
    }

    /// What follows from it, said before it is done.
    fn follows(self, disclosure: &Disclosure) -> String {
        match self {
            Self::Approval => match (disclosure.kind(), disclosure.silent_until) {
                (RecipientKind::Transfer, _) => "Everybody who owns an account is told by mail, from now on. Nothing goes over before all of them were told, nor before the day of the transfer.".into(),
                _ if !disclosure.is_of_somebody() => "It may be handed over then. Nobody is told, because it is about nobody by name.".into(),
                (_, Some(until)) => format!(
                    "It may be handed over then. Whoever it is about is told by mail on {}, and sees nothing of it before.",
                    date(until)
                ),
                _ => "It may be handed over then. Whoever it is about is told by mail at once, and sees it among what we handed over.".into(),
            },
            Self::Handover => "This ends it: nothing more is handed over under it.".into(),
            Self::Refusal | Self::Withdrawal => {
                "This ends it: nothing is handed over. The record is kept for 24 months.".into()
            }
            Self::Objection | Self::Answer | Self::Silence => String::new(),
        }
    }

    fn may(self, disclosure: &Disclosure, who: PersonId) -> bool {
        let state = disclosure.state();
        match self {
            // What we offer ourselves, nobody issued.
            Self::Objection => {
                disclosure.kind() == RecipientKind::Legal
                    && matches!(state, State::Received | State::Answered)
            }
            Self::Answer => state == State::Objected,
            Self::Approval => waits_for_approval(disclosure) && disclosure.recorded_by != who,
            Self::Silence => {
                disclosure.silent_until.is_some()
                    && disclosure.told_at.is_none()
                    && !matches!(state, State::Refused | State::Withdrawn)
            }
            Self::Handover => state == State::Approved,
            Self::Refusal | Self::Withdrawal => disclosure.closed_at.is_none(),
        }
    }
}

/// Whether somebody is to approve it.
pub(super) fn waits_for_approval(disclosure: &Disclosure) -> bool {
    matches!(disclosure.state(), State::Received | State::Answered)
}

/// Something that can be done now.
pub(super) struct Doing {
    pub path: String,
    pub id: &'static str,
    pub title: &'static str,
    /// What follows from it; empty where the form says it.
    pub follows: String,
    pub button: &'static str,
    pub variant: &'static str,
    pub form: Form,
}

/// Everything that can be done now by somebody; with the form in which something is wrong.
pub(super) fn doings(
    disclosure: &Disclosure,
    who: PersonId,
    wrong: Option<(Wanted, Form)>,
    now: DateTime<Utc>,
) -> Vec<Doing> {
    let blank = StepForm {
        version: disclosure.version.to_string(),
        handed_on: now.date_naive().to_string(),
        ..StepForm::default()
    };
    let doing = |wanted: Wanted| {
        let (title, button, variant) = wanted.words();
        let form = wrong.as_ref().filter(|(of, _)| *of == wanted).map(|(_, form)| form.clone());
        Doing {
            path: format!("{}/{}", path(disclosure.id), wanted.place()),
            id: wanted.place(),
            title,
            follows: wanted.follows(disclosure),
            button,
            variant,
            form: form.unwrap_or_else(|| blank.draw(wanted)),
        }
    };
    Wanted::ALL.into_iter().filter(|wanted| wanted.may(disclosure, who)).map(doing).collect()
}

/// What the forms send: each has fields of its own, so that several can stand on one page.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct StepForm {
    version: String,
    objection: String,
    outcome: String,
    answer: String,
    silent_until: String,
    silence: String,
    handed_on: String,
    handed: String,
    refusal: String,
    withdrawal: String,
}

impl StepForm {
    fn draw(&self, wanted: Wanted) -> Form {
        let why = |name, label: &str, value: &str| Field::textarea(name, label).value(value);
        let mut fields = vec![Field::hidden("version", &self.version)];
        match wanted {
            Wanted::Approval => {}
            Wanted::Objection => fields.push(why("objection", "Why we object", &self.objection)),
            Wanted::Answer => {
                let choice = |outcome: &Outcome| Choice {
                    value: outcome.as_str().into(),
                    label: outcome.label().into(),
                    selected: outcome.as_str() == self.outcome,
                };
                let outcomes = Outcome::ALL.iter().map(choice).collect();
                fields.push(Field::select("outcome", "What came of it", outcomes));
                fields.push(why("answer", "Who said so, and in which words", &self.answer));
            }
            Wanted::Silence => {
                let hint = "Today where nothing forbids it any more, a year from now at most.";
                fields.push(
                    Field::date("silent_until", "They are told on").value(&self.silent_until).hint(hint),
                );
                fields.push(why("silence", "Law or order that says so", &self.silence));
            }
            Wanted::Handover => {
                fields.push(Field::date("handed_on", "On which day, in UTC").value(&self.handed_on));
                let what = why("handed", "What was handed over", &self.handed);
                fields.push(what.hint("Whoever it is about reads this."));
            }
            Wanted::Refusal => fields.push(why("refusal", "Why nothing is given", &self.refusal)),
            Wanted::Withdrawal => {
                fields.push(why("withdrawal", "Who took it back, and when", &self.withdrawal));
            }
        }
        Form::new(fields)
    }

    /// Reads it.
    ///
    /// # Errors
    /// The form, with what is wrong beside each field.
    fn parse(&self, wanted: Wanted, disclosure: &Disclosure, now: DateTime<Utc>) -> Result<Act, Form> {
        let (mut form, today) = (self.draw(wanted), now.date_naive());
        let mut words = |name: &str, typed: &str| {
            let found = text(typed, 10..=2000);
            if found.is_none() {
                form.fail(name, "Write 10 to 2,000 characters.");
            }
            found
        };
        let act = match wanted {
            Wanted::Approval => Some(Act::Approved),
            Wanted::Objection => words("objection", &self.objection).map(Act::Objected),
            Wanted::Refusal => words("refusal", &self.refusal).map(Act::Refused),
            Wanted::Withdrawal => words("withdrawal", &self.withdrawal).map(Act::Withdrawn),
            Wanted::Answer => {
                let (answer, outcome) = (words("answer", &self.answer), Outcome::parse(&self.outcome));
                if outcome.is_none() {
                    form.fail("outcome", "Choose what came of it.");
                }
                outcome.zip(answer).map(|(outcome, answer)| Act::Answered(outcome, answer))
            }
            Wanted::Silence => {
                let why = words("silence", &self.silence);
                let until = day(&self.silent_until).filter(|until| *until == today);
                let until = until.map_or_else(|| parse_silence(&self.silent_until, today), Ok);
                if let Err(message) = until {
                    form.fail("silent_until", message);
                }
                until.ok().zip(why).map(|(until, why)| Act::Silenced(until, why))
            }
            Wanted::Handover => {
                let what = words("handed", &self.handed);
                let first = disclosure.approved_at.map_or(disclosure.received_on, |at| at.date_naive());
                let on = day(&self.handed_on).filter(|on| (first..=today).contains(on));
                if on.is_none() {
                    form.fail("handed_on", "Enter a day between that of the approval and today.");
                }
                if disclosure.kind() == RecipientKind::Deidentified && names_somebody(&self.handed) {
                    form.fail("handed", "What leads to nobody has no address and no SID in it.");
                }
                on.zip(what).map(|(on, what)| Act::Disclosed(on, what))
            }
        };
        act.filter(|_| !form.has_errors()).ok_or(form)
    }
}

async fn step(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    sid: &str,
    (typed, wanted): (&StepForm, Wanted),
) -> WebResult {
    let disclosure = find(app, who, sid).await?;
    match typed.parse(wanted, &disclosure, app.clock.now()) {
        Ok(act) => {
            // Whoever does not say what they looked at has looked at nothing: the first version is one.
            let seen = typed.version.parse().unwrap_or_default();
            match steps::take(app, who, disclosure.id, Some(seen), &act).await? {
                Ok(()) => flash::success(request, wanted.done()),
                Err(refusal) => flash::info(request, refusal.words()),
            }
            Ok(see_other(&path(disclosure.id)))
        }
        Err(form) => pages::unprocessable(&page(app, request, who, disclosure, Some((wanted, form))).await?),
    }
}

macro_rules! acts {
    ($($(#[$doc:meta])* $name:ident $wanted:ident;)*) => {
        $(
            $(#[$doc])*
            pub async fn $name(
                app: web::Data<App>,
                request: HttpRequest,
                who: RecentStaff<RecordsDisclosures>,
                sid: web::Path<String>,
                typed: web::Form<StepForm>,
            ) -> WebResult {
                step(&app, &request, &who, &sid, (&typed.0, Wanted::$wanted)).await
            }
        )*
    };
}

acts! {
    /// `POST /staff/disclosures/{disclosure}/objection`
    object Objection;
    /// `POST /staff/disclosures/{disclosure}/answer`
    answer Answer;
    /// `POST /staff/disclosures/{disclosure}/approval`
    approve Approval;
    /// `POST /staff/disclosures/{disclosure}/silence`
    silence Silence;
    /// `POST /staff/disclosures/{disclosure}/handover`
    hand_over Handover;
    /// `POST /staff/disclosures/{disclosure}/refusal`
    refuse Refusal;
    /// `POST /staff/disclosures/{disclosure}/withdrawal`
    withdraw Withdrawal;
}
