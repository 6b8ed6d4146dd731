//! Accepting or refusing a record. Of two who decide at once the second is told, and whoever lost the right while they waited
//! decides nothing. While its account is being closed a record waits: what is accepted then would be kept by law for no service.

use actix_web::{HttpRequest, web};
use diesel_async::AsyncConnection as _;
use serde::Deserialize;

use super::show::{Forms, page, reason};
use super::{find, path};
use crate::accounts::invoices::queries::share_account;
use crate::accounts::subscriber_records::{Record, Refusal, kept, mail, queries};
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::audit::{self, Event};
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{WebResult, see_other};
use crate::staff::permissions::SeesSubscriberRecords;

/// What the form of a decision sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct DecisionForm {
    outcome: String,
    words: String,
}

impl DecisionForm {
    pub(super) fn draw(&self) -> Form {
        let choice = |(value, label): (&str, &str)| Choice {
            value: value.into(),
            label: label.into(),
            selected: value == self.outcome,
        };
        let outcomes = [
            ("", "Choose one"),
            ("accepted", "Accept: it is what the law asks for"),
            ("refused", "Refuse: something is missing or wrong"),
        ];
        let words = Field::textarea("words", "Why it is refused").value(&self.words).optional();
        let hint = "10 to 1,000 characters, only to refuse it. The owner reads it in the mail and on the page: say what is missing, and repeat nothing of what stands in the record.";
        Form::new(vec![
            Field::select("outcome", "What becomes of it?", outcomes.into_iter().map(choice).collect()),
            Field { maxlength: Some(1000), ..words.hint(hint) },
        ])
    }

    /// Nothing to accept it, words to refuse it.
    fn parse(&self) -> Result<Option<String>, Form> {
        let mut form = self.draw();
        let words = self.words.replace("\r\n", "\n").trim().to_owned();
        let is_clean = !words.chars().any(|c| c.is_control() && c != '\n' && c != '\t');
        match self.outcome.as_str() {
            "accepted" => return Ok(None),
            "refused" if (10..=1000).contains(&words.chars().count()) && is_clean => return Ok(Some(words)),
            "refused" => {
                form.fail("words", "Write 10 to 1,000 characters: the owner has to know what is missing.")
            }
            _ => form.fail("outcome", "Choose what becomes of it."),
        }
        Err(form)
    }
}

/// Decides a record, and tells the owner of its account. With words it is refused.
///
/// # Errors
/// Inside: that somebody was faster, it ended, or its account is being closed. Outside: `SignInNeeded` where their session ended
/// meanwhile; what the database says.
pub async fn decide(
    app: &App,
    who: &SignedIn,
    record: &Record,
    refused_because: Option<&str>,
) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let Some(account) = record.account else { return Ok(Err(Refusal::Decided)) };
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| {
        // Whoever erases the account is done, or waits for this.
        if !share_account(conn, account).await? {
            return Ok(Err(Refusal::Decided));
        }
        people::lock_as(conn, who).await?;
        if kept::closed_at(conn, account).await?.is_some() {
            return Ok(Err(Refusal::Going));
        }
        let Some(decided) = queries::decide(conn, record.id, refused_because, now.date_naive()).await? else {
            return Ok(Err(Refusal::Decided));
        };
        mail::decided(conn, app, account, &decided, now).await?;
        let action = match refused_because {
            None => "account.subscriber_record.accepted",
            Some(_) => "account.subscriber_record.refused",
        };
        let (from, note) = (who.caller.circumstances(), record.id.to_string());
        let event = Event::new(who.actor(), "account", account.0, action, &from).note(&note);
        audit::append(conn, now, event).await?;
        Ok(Ok(()))
    })
    .await
}

/// `POST /staff/subscriber-records/{record}/decision`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<SeesSubscriberRecords>,
    sid: web::Path<String>,
    typed: web::Form<DecisionForm>,
) -> WebResult {
    let record = find(&app, &sid).await?;
    if reason(&app, &request, &who, &record).await?.is_none() {
        return Ok(see_other(&path(record.id)));
    }
    match typed.parse() {
        Err(form) => {
            page(&app, &request, &who, record, Forms { decision: Some(form), ..Forms::default() }).await
        }
        Ok(words) => {
            match decide(&app, &who, &record, words.as_deref()).await? {
                Ok(()) => flash::success(&request, "It is decided. The owner of the account gets a mail."),
                Err(refusal) => flash::info(&request, refusal.words()),
            }
            Ok(see_other(&path(record.id)))
        }
    }
}
