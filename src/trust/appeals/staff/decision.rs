//! Deciding an appeal. Whoever comes second reads what happened meanwhile.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, NaiveDateTime, Utc};
use diesel_async::AsyncPgConnection;
use serde::Deserialize;

use super::index::outcome;
use super::show::{Forms, page};
use super::{find, path};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{WebResult, moment, see_other};
use crate::staff::permissions::DecidesAppeals;
use crate::trust::appeals::deciding::{self, Decision};
use crate::trust::appeals::queries::Appeal;
use crate::trust::suspensions::Change;

/// What the form of a decision sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    outcome: String,
    until: String,
    words: String,
    version: i32,
}

impl DecisionForm {
    pub(super) fn draw(&self, version: i32) -> Form {
        let outcomes = [
            ("", "Choose one"),
            ("upheld", "Uphold: it stays as it is"),
            ("shortened", "Shorten: it ends earlier"),
            ("lifted", "Lift: it ends now"),
        ];
        let choice = |(value, label): (&str, &str)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == self.outcome,
        };
        let until =
            Field::date("until", "New end, in UTC").value(&self.until).hint("Only to shorten it.").optional();
        let words = Field::textarea("words", "Why").value(&self.words).hint(
            "10 to 4,000 characters. The owner and the members read it on their page and in the mail, so name what you looked at and what decided.",
        );
        Form::new(vec![
            Field::hidden("version", &version.to_string()),
            Field::select(
                "outcome",
                "What becomes of the suspension?",
                outcomes.into_iter().map(choice).collect(),
            ),
            Field { kind: "datetime-local", ..until },
            Field { maxlength: Some(4000), ..words },
        ])
    }

    fn parse(&self, form: &mut Form) -> Option<Decision> {
        let words = reasons(&self.words).map_err(|message| form.fail("words", message)).ok();
        let change = match self.outcome.as_str() {
            "upheld" => Some(Change::Upheld),
            "lifted" => Some(Change::Lifted),
            "shortened" => moment_of(&self.until).map(Change::Shortened).or_else(|| {
                form.fail("until", "Enter day and time of the new end.");
                None
            }),
            _ => {
                form.fail("outcome", "Choose what becomes of it.");
                None
            }
        };
        Some(Decision { change: change?, words: words?, seen: self.version })
    }
}

/// A moment as a browser sends it, taken as UTC.
pub(in crate::trust) fn moment_of(typed: &str) -> Option<DateTime<Utc>> {
    let typed = typed.trim();
    let read = NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M");
    read.or_else(|_| NaiveDateTime::parse_from_str(typed, "%Y-%m-%dT%H:%M:%S")).ok().map(|at| at.and_utc())
}

/// Reasons that the customer reads.
///
/// # Errors
/// What is wrong with them.
pub(in crate::trust) fn reasons(typed: &str) -> Result<String, String> {
    let text = typed.replace("\r\n", "\n").trim().to_owned();
    if !(10..=4000).contains(&text.chars().count()) {
        return Err("Write 10 to 4,000 characters.".into());
    }
    if text.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return Err("There are control characters in this.".into());
    }
    Ok(text)
}

/// Who decided and when, in a sentence, and with `words` why; nothing while it is open. The reasons tell what was written and
/// measured, so they are for whoever has the appeal open, and for whoever wrote them (S105).
pub(super) async fn decided(
    conn: &mut AsyncPgConnection,
    appeal: &Appeal,
    words: bool,
) -> diesel::QueryResult<Option<String>> {
    use diesel::OptionalExtension as _;
    let (Some(stored), Some(at)) = (&appeal.outcome, &appeal.decided_at) else { return Ok(None) };
    let name = match appeal.decided_by {
        Some(id) => people::find(conn, id).await.optional()?.map(|person| person.name),
        None => None,
    };
    let by = name.map(|name| format!(" by {name}")).unwrap_or_default();
    let words = appeal.decision_words.as_ref().filter(|_| words);
    let words = words.map(|words| format!(" {words}")).unwrap_or_default();
    Ok(Some(format!("{}{by}, {}.{words}", outcome(stored).1, moment(at))))
}

/// `POST /staff/appeals/{appeal}/decision`
pub async fn decide(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<DecidesAppeals>,
    sid: web::Path<String>,
    typed: web::Form<DecisionForm>,
) -> WebResult {
    let appeal = find(&app, &sid).await?;
    let mut form = typed.draw(typed.version);
    let Some(decision) = typed.parse(&mut form) else {
        return page(&app, &request, &who, &appeal, Forms { decision: Some(form), ..Forms::default() }).await;
    };
    let Err(refusal) = deciding::decide(&app, &who, appeal.id, &decision).await? else {
        flash::success(&request, "It is decided. Everybody in the account gets a mail with your reasons.");
        return Ok(see_other(&path(appeal.id)));
    };
    // As it is by now: the page says what happened meanwhile, and the next try is about this version.
    let present = find(&app, &sid).await?;
    let mut form = typed.draw(present.version);
    // The page itself tells the reasons, to whoever may read them.
    let meanwhile = decided(&mut *app.db.get().await?, &present, false).await?;
    let meanwhile = meanwhile.map(|words| format!(" What happened: {words}")).unwrap_or_default();
    form.fail_whole(format!("{}{meanwhile}", refusal.words()));
    page(&app, &request, &who, &present, Forms { decision: Some(form), ..Forms::default() }).await
}
