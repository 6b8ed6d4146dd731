//! `/staff`: a card per queue, and for whoever runs operations how the machinery is.

use std::borrow::Cow;

use actix_web::{HttpRequest, web};

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::jobs;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::preferences::campaigns;
use crate::retention::rules;
use crate::staff::operations::messages;
use crate::staff::permissions::{EntersConsole, Permission};

/// A queue that some desk works on.
#[derive(Clone, Debug)]
struct Queue {
    title: &'static str,
    /// How it stands, in words.
    says: Cow<'static, str>,
    /// Where it is worked on; empty for whoever may not.
    path: &'static str,
}

impl Queue {
    const fn empty(title: &'static str, says: &'static str) -> Self {
        Self { title, says: Cow::Borrowed(says), path: "" }
    }
}

/// The queues of all desks that cannot be filled yet: the desk that works on one brings its count along.
const QUEUES: &[Queue] = &[
    Queue::empty("Suspension appeals", "Nobody waits for a review of a suspension."),
    Queue::empty("Data requests", "No request about personal data waits."),
    Queue::empty("Disputes", "No dispute is open."),
    Queue::empty("Holds", "No legal hold is in force."),
    Queue::empty("Enquiries", "Nobody waits for an answer."),
    Queue::empty("Notices", "No notice is being prepared."),
];

/// How many mailings are planned, are under way, or wait for approval.
async fn campaigns_queue(app: &App, may_plan: bool) -> Result<Queue, AppError> {
    let (planned, waiting) = campaigns::planned(app).await?;
    let mut says = match planned {
        0 => "No mailing is planned.".to_owned(),
        1 => "1 mailing is planned or being sent.".to_owned(),
        many => format!("{many} mailings are planned or being sent."),
    };
    match waiting {
        0 => {}
        1 => says.push_str(" 1 waits for approval."),
        many => says.push_str(&format!(" {many} wait for approval.")),
    }
    let path = if may_plan { "/staff/campaigns" } else { "" };
    Ok(Queue { title: "Campaigns", says: says.into(), path })
}

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
    queues: Vec<Queue>,
    /// Empty for whoever does not run operations.
    figures: Vec<Figure>,
    can_look_up: bool,
    can_manage_staff: bool,
}

/// `GET /staff`
pub async fn show(app: web::Data<App>, request: HttpRequest, who: Staff<EntersConsole>) -> WebResult {
    let figures =
        if Permission::RunOperations.granted_to(&who.roles) { operations(&app).await? } else { Vec::new() };
    let may_plan = Permission::PlanCampaigns.granted_to(&who.roles);
    let mut queues = QUEUES.to_vec();
    queues.push(campaigns_queue(&app, may_plan).await?);
    pages::ok(&OverviewPage {
        page: Page::of(&request, "Overview"),
        queues,
        figures,
        can_look_up: Permission::LookUpPeople.granted_to(&who.roles),
        can_manage_staff: Permission::ManageStaff.granted_to(&who.roles),
    })
}
