//! What can be done with a disclosure at the desk, and what is said of it: each has its own small form.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};

use super::act_form::ActForm;
use super::{find, page, path};
use crate::platform::app::App;
use crate::platform::ids::PersonId;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{RecentStaff, SignedIn};
use crate::platform::web::pages::{self, WebResult, date, see_other};
use crate::privacy::disclosures::kinds::{RecipientKind, State};
use crate::privacy::disclosures::record::Disclosure;
use crate::privacy::disclosures::steps::{self, Taken};
use crate::staff::permissions::RecordsDisclosures;

/// Whether it is a business transfer of which owners are told.
fn is_announced(disclosure: &Disclosure) -> bool {
    disclosure.kind() == RecipientKind::Transfer && disclosure.approved_at.is_some()
}

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

    /// What is said once it is done, of the disclosure as it was before.
    fn done(self, disclosure: &Disclosure, taken: Taken) -> &'static str {
        match self {
            Self::Objection => "The objection is noted, and counted.",
            Self::Answer => "What came of the objection is noted, and counted.",
            Self::Approval if disclosure.kind() == RecipientKind::Transfer => {
                "It is approved. Everybody who owns an account is told now; the page counts them."
            }
            Self::Approval if !disclosure.is_of_somebody() => "It is approved, and can be handed over.",
            Self::Approval if disclosure.silent_until.is_some() => {
                "It is approved, and can be handed over. Whoever it is about is told on the day that the page names."
            }
            Self::Approval => "It is approved, and can be handed over. Whoever it is about is told by mail.",
            Self::Silence if taken == Taken::Proposed => {
                "The later day is proposed. It holds once a colleague has set the same; until then the present one does."
            }
            Self::Silence => {
                "The day is changed: whoever it is about is told on the day that the page names."
            }
            Self::Handover => "It is noted that it was handed over.",
            Self::Refusal if is_announced(disclosure) => {
                "It is refused. Whoever was told of it is told that by mail now."
            }
            Self::Refusal => "It is refused.",
            Self::Withdrawal if is_announced(disclosure) => {
                "It is noted that it was withdrawn. Whoever was told of it is told that by mail now."
            }
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
            Self::Refusal | Self::Withdrawal if is_announced(disclosure) => {
                "This ends it: nothing goes over. Whoever was told of it is told that by mail. The record is kept for 24 months.".into()
            }
            Self::Refusal | Self::Withdrawal => {
                "This ends it: nothing is handed over. The record is kept for 24 months.".into()
            }
            Self::Silence if disclosure.approved_at.is_some() => {
                "An earlier day holds at once. A later one holds once a colleague has set the same; until then the present one does.".into()
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
    let blank = ActForm::blank(disclosure, now.date_naive());
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

async fn step(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    sid: &str,
    (typed, wanted): (&ActForm, Wanted),
) -> WebResult {
    let disclosure = find(app, who, sid).await?;
    match typed.parse(wanted, &disclosure, app.clock.now()) {
        Ok(act) => {
            match steps::take(app, who, disclosure.id, Some(typed.seen()), &act).await? {
                Ok(taken) => flash::success(request, wanted.done(&disclosure, taken)),
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
                typed: web::Form<ActForm>,
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
