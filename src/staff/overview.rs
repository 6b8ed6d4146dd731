//! `/staff`: a card per queue, and for whoever runs operations how the machinery is.

use actix_web::{HttpRequest, web};

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::jobs;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::preferences::campaigns;
use crate::privacy::data_requests;
use crate::retention::{holds, rules};
use crate::staff::operations::messages;
use crate::staff::permissions::{EntersConsole, Permission};
use crate::support::sales_contact;

/// A queue that some desk works on.
struct Queue {
    title: &'static str,
    /// The desk.
    path: &'static str,
    /// How many wait there.
    waiting: i64,
    /// What is said while none waits.
    empty: &'static str,
    /// What one of them is, and several.
    noun: (&'static str, &'static str),
}

impl Queue {
    fn words(&self) -> String {
        match self.waiting {
            0 => self.empty.into(),
            1 => format!("1 {} waits.", self.noun.0),
            many => format!("{many} {} wait.", self.noun.1),
        }
    }
}

/// The queues of the desks that somebody with these roles works on.
async fn queues(app: &App, roles: &[String]) -> Result<Vec<Queue>, AppError> {
    let mut conn = app.db.get().await?;
    let mut queues = Vec::new();
    if Permission::AnswerSales.granted_to(roles) {
        queues.push(Queue {
            title: "Enquiries",
            path: "/staff/sales",
            waiting: sales_contact::waiting(&mut conn).await?,
            empty: "Nobody waits for an answer.",
            noun: ("enquiry", "enquiries"),
        });
    }
    if Permission::PlanCampaigns.granted_to(roles) {
        queues.push(Queue {
            title: "Campaigns",
            path: "/staff/campaigns",
            waiting: campaigns::waiting(&mut conn).await?,
            empty: "No campaign waits for approval.",
            noun: ("campaign", "campaigns"),
        });
    }
    if Permission::WorkOnRequests.granted_to(roles) {
        let (waiting, late) = data_requests::staff::waiting(&mut conn, app.clock.now()).await?;
        queues.push(Queue {
            title: if late > 0 { "Data requests, some overdue" } else { "Data requests" },
            path: "/staff/requests",
            waiting,
            empty: "No request about personal data waits.",
            noun: ("request", "requests"),
        });
    }
    if Permission::HoldData.granted_to(roles) {
        queues.push(Queue {
            title: "Holds",
            path: "/staff/holds",
            waiting: holds::queries::waiting(&mut conn).await?,
            empty: "No hold waits for approval.",
            noun: ("hold", "holds"),
        });
    }
    Ok(queues)
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
    pages::ok(&OverviewPage {
        page: Page::of(&request, "Overview"),
        queues: queues(&app, &who.roles).await?,
        figures,
        can_look_up: Permission::LookUpPeople.granted_to(&who.roles),
        can_manage_staff: Permission::ManageStaff.granted_to(&who.roles),
    })
}
