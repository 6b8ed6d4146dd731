//! Events, a white paper, a survey and an enquiry to try. Each is made once, by its id.

use chrono::{Duration, DurationRound as _};
use uuid::Uuid;

use crate::platform::app::App;
use crate::platform::ids::{EnquiryId, EventId, SurveyId, WhitePaperId};
use crate::public::events::{self, NewEvent};
use crate::public::surveys::{self, NewSurvey};
use crate::public::white_papers::{self, NewPaper};
use crate::support::sales_contact::{self, NewEnquiry};

/// Always the same id for the same number.
fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x01a2_05b3_d000_7000_8000_00f0_0000_0000 | number)
}

/// Makes what is not there yet.
///
/// # Errors
/// What the database says.
pub(super) async fn ensure_there(app: &App) -> anyhow::Result<()> {
    let now = app.clock.now();
    let noon = now.duration_trunc(Duration::days(1))? + Duration::hours(12);
    let mut conn = app.db.get().await?;
    for (number, title, place, days, seats) in [
        (1, "Questions about claims, at noon", "Online; the link comes before the event", 14, 200),
        (2, "Round table: photos of damage", "12 Harbour Street, Boston", 21, 1),
    ] {
        let starts_at = noon + Duration::days(days);
        let event = NewEvent {
            title: title.into(),
            about: "An hour with the people who build the product. Bring a question.".into(),
            place: place.into(),
            starts_at,
            ends_at: starts_at + Duration::hours(1),
            capacity: seats,
        };
        events::ensure_there(&mut conn, EventId(id(number)), &event, now).await?;
    }
    let paper = NewPaper {
        title: "What a claim costs before anybody decides it".into(),
        summary: "Where the days go between a first report and a decision, and which of them can be saved."
            .into(),
        body: "Most of the days of a claim pass while somebody waits for somebody else.\n\n\
            We looked at where they wait, and at what changes when the first report is complete."
            .into(),
    };
    white_papers::ensure_there(&mut conn, WhitePaperId(id(3)), &paper, now).await?;
    let survey = NewSurvey {
        title: "How do we do?".into(),
        about: "Three questions. Answer those that you like.".into(),
        questions: ["What works well?", "What does not?", "What do you miss?"].map(str::to_owned).to_vec(),
    };
    surveys::ensure_there(&mut conn, SurveyId(id(4)), &survey, now).await?;
    let enquiry = NewEnquiry {
        email: "mary.jackson@insurer.example".into(),
        name: Some("Mary Jackson".into()),
        company: Some("Harbour Mutual".into()),
        role: Some("Head of claims".into()),
        use_case: Some("Letters to claimants".into()),
        message: "We send some 40,000 letters a month. Can your portal tell us which of them were read?"
            .into(),
        phone: Some("+16175550142".into()),
    };
    sales_contact::ensure_there(&mut conn, app, EnquiryId(id(5)), &enquiry).await?;
    Ok(())
}
