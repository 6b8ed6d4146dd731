//! Noting that a record was shown to a carrier or an authority: to whom, on which ground, what for and when (S50).

use actix_web::{HttpRequest, web};
use chrono::NaiveDate;
use serde::Deserialize;

use super::show::{Forms, page, reason};
use super::{find, path};
use crate::accounts::subscriber_records::Record;
use crate::accounts::subscriber_records::shares::{self, GROUNDS, NewShare, RECIPIENTS};
use crate::platform::app::App;
use crate::platform::text::in_one_line;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::RecentStaff;
use crate::platform::web::pages::{WebResult, see_other};
use crate::staff::permissions::SeesSubscriberRecords;

/// What the form of a share sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ShareForm {
    recipient_kind: String,
    recipient: String,
    ground: String,
    purpose: String,
    shared_on: String,
}

fn choices(list: &[(&'static str, &'static str)], chosen: &str) -> Vec<Choice> {
    Choice::list([("", "Choose one")].into_iter().chain(list.iter().copied()), chosen)
}

fn chosen(list: &[(&'static str, &'static str)], typed: &str) -> Option<&'static str> {
    list.iter().find(|(value, _)| *value == typed).map(|(value, _)| *value)
}

impl ShareForm {
    /// The form before anything was typed: today.
    pub(super) fn blank(today: NaiveDate) -> Form {
        Self { shared_on: today.to_string(), ..Self::default() }.draw()
    }

    fn draw(&self) -> Form {
        let purpose = Field::textarea("purpose", "What for").value(&self.purpose).hint(
            "10 to 500 characters, with the number of the order where there is one. The account reads it at once.",
        );
        Form::new(vec![
            Field::select("recipient_kind", "Shown to", choices(&RECIPIENTS, &self.recipient_kind)),
            Field::text("recipient", "Who exactly").value(&self.recipient).autocomplete("off"),
            Field::select("ground", "On which ground", choices(&GROUNDS, &self.ground)),
            Field { maxlength: Some(500), ..purpose },
            Field::date("shared_on", "On which day, in UTC").value(&self.shared_on),
        ])
    }

    /// What was typed, or the form with everything that is wrong.
    fn parse(&self, today: NaiveDate, record: &Record) -> Result<NewShare, Form> {
        let mut form = self.draw();
        let kind = chosen(&RECIPIENTS, &self.recipient_kind);
        if kind.is_none() {
            form.fail("recipient_kind", "Choose to whom it was shown.");
        }
        let ground = chosen(&GROUNDS, &self.ground);
        if ground.is_none() {
            form.fail("ground", "Choose a ground. Without one nothing is shown to anybody.");
        }
        let recipient = text(&self.recipient, 2..=200);
        if recipient.is_none() {
            form.fail("recipient", "Enter a name of 2 to 200 characters.");
        }
        let purpose = text(&self.purpose, 10..=500);
        if purpose.is_none() {
            form.fail("purpose", "Write 10 to 500 characters.");
        }
        let on = self.shared_on.trim().parse::<NaiveDate>().ok();
        let on = on.filter(|on| (record.submitted_on..=today).contains(on));
        if on.is_none() {
            form.fail("shared_on", "Enter a day between the submission and today.");
        }
        if ground == Some("connectivity") {
            judge_connection(record, kind, on, &mut form);
        }
        if form.has_errors() {
            return Err(form);
        }
        match (kind, recipient, ground, purpose, on) {
            (Some(recipient_kind), Some(recipient), Some(ground), Some(purpose), Some(shared_on)) => {
                Ok(NewShare { recipient_kind, recipient, ground, purpose, shared_on })
            }
            _ => Err(form),
        }
    }
}

/// Says what is wrong with showing a record to connect its number: to whom, and when.
fn judge_connection(record: &Record, kind: Option<&str>, on: Option<NaiveDate>, form: &mut Form) {
    if kind.is_some_and(|kind| kind != "carrier") {
        form.fail("ground", "An authority connects no number. Choose the ground that it named.");
    } else if on.is_some_and(|on| !record.connected(on)) {
        form.fail(
            "ground",
            "No number was connected by this record on that day: it was not accepted, or ended.",
        );
    }
}

fn text(typed: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
    let words = in_one_line(typed);
    (length.contains(&words.chars().count()) && !words.chars().any(char::is_control)).then_some(words)
}

/// `POST /staff/subscriber-records/{record}/shares`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<SeesSubscriberRecords>,
    sid: web::Path<String>,
    typed: web::Form<ShareForm>,
) -> WebResult {
    let record = find(&app, &sid).await?;
    if reason(&app, &request, &who, &record).await?.is_none() {
        return Ok(see_other(&path(record.id)));
    }
    match typed.parse(app.clock.now().date_naive(), &record) {
        Err(form) => {
            page(&app, &request, &who, record, Forms { share: Some(form), ..Forms::default() }).await
        }
        Ok(new) => {
            if shares::note(&app, &who, record.id, &new).await? {
                flash::success(&request, "It is noted, and stands in the log of the account.");
            } else {
                flash::info(&request, "The same is noted already, so nothing was added.");
            }
            Ok(see_other(&path(record.id)))
        }
    }
}
