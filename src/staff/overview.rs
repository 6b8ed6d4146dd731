//! `/staff`: a card per queue, and for whoever runs operations how the machinery is.

use actix_web::{HttpRequest, web};

use crate::platform::app::App;
use crate::platform::jobs;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::retention::rules;
use crate::staff::operations::messages;
use crate::staff::permissions::{EntersConsole, Permission};

/// A queue that some desk works on.
struct Queue {
    title: &'static str,
    /// What is said while it is empty.
    empty: &'static str,
}

/// The queues of all desks. None of them can be filled yet: the desk that works on one brings its count along.
const QUEUES: &[Queue] = &[
    Queue { title: "Suspension appeals", empty: "Nobody waits for a review of a suspension." },
    Queue { title: "Data requests", empty: "No request about personal data waits." },
    Queue { title: "Disputes", empty: "No dispute is open." },
    Queue { title: "Holds", empty: "No legal hold is in force." },
    Queue { title: "Enquiries", empty: "Nobody waits for an answer." },
    Queue { title: "Notices", empty: "No notice is being prepared." },
    Queue { title: "Campaigns", empty: "No mailing is planned." },
];

/// A figure of operations.
struct Figure {
    label: &'static str,
    figure: String,
    /// Length of the bar, 0 to 100.
    percent: u8,
    note: String,
    variant: &'static str,
}

/// A bar of so many out of as many as are cause for alarm.
fn share(count: i64, alarming: i64) -> u8 {
    u8::try_from((count.clamp(0, alarming) * 100) / alarming).unwrap_or(100)
}

async fn operations(app: &App) -> anyhow::Result<Vec<Figure>> {
    let lag = jobs::worker_lag(app).await?;
    let mut conn = app.db.get().await?;
    let dead = jobs::dead_count(&mut conn).await?;
    let (waiting, failed) = messages::undelivered(&mut conn).await?;
    let danger = |count: i64| if count > 0 { "is-danger" } else { "" };
    let late = if lag > 60.0 { "is-danger" } else { "" };
    // A lag is finite and small enough for any integer.
    #[allow(clippy::cast_possible_truncation)]
    let seconds = lag.ceil() as i64;
    Ok(vec![
        Figure {
            label: "Dead jobs",
            figure: dead.to_string(),
            percent: share(dead, 10),
            note: "given up, may be tried again".into(),
            variant: danger(dead),
        },
        Figure {
            label: "Messages given up",
            figure: failed.to_string(),
            percent: share(failed, 10),
            note: format!("of the last {}", rules::MESSAGES.period.words()),
            variant: danger(failed),
        },
        Figure {
            label: "Messages waiting",
            figure: waiting.to_string(),
            percent: share(waiting, 1000),
            note: "not yet taken by a server".into(),
            variant: "",
        },
        Figure {
            label: "Worker lag",
            figure: format!("{seconds} s"),
            percent: share(seconds, 60),
            note: "the oldest job that could run".into(),
            variant: late,
        },
    ])
}

#[derive(askama::Template)]
#[template(path = "staff/overview.html")]
struct OverviewPage {
    page: Page,
    queues: &'static [Queue],
    /// Empty for whoever does not run operations.
    figures: Vec<Figure>,
    can_look_up: bool,
    can_manage_staff: bool,
}

/// `GET /staff`
pub async fn show(app: web::Data<App>, request: HttpRequest, who: Staff<EntersConsole>) -> WebResult {
    let figures =
        if Permission::RunOperations.granted_to(&who.roles) { operations(&app).await? } else { Vec::new() };
    pages::ok(&OverviewPage {
        page: Page::of(&request, "Overview"),
        queues: QUEUES,
        figures,
        can_look_up: Permission::LookUpPeople.granted_to(&who.roles),
        can_manage_staff: Permission::ManageStaff.granted_to(&who.roles),
    })
}
