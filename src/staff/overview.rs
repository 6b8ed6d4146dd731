//! `/staff`: today's load of each queue and who is on it, and for whoever runs operations how the machinery is.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::jobs;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::retention::rules;
use crate::staff::desk::list;
use crate::staff::desk::register::{self, Load, OnIt};
use crate::staff::operations::messages;
use crate::staff::permissions::{EntersConsole, Permission};

/// A queue, as its card shows it.
struct Card {
    load: Load,
    title: String,
    /// What waits, in words.
    words: String,
    /// How old the oldest is; empty where none waits.
    oldest: String,
    /// Who works on something, and on how much.
    on_it: Vec<String>,
}

/// What is called overdue in the title of a card; the queues of other desks say it inside.
fn title(load: &Load) -> String {
    let late = load.counts.overdue > 0;
    if late { format!("{}, some overdue", load.entry.title) } else { load.entry.title.to_owned() }
}

fn card(load: Load, on_it: &[OnIt], now: DateTime<Utc>) -> Card {
    let entry = load.entry;
    let words = match load.counts.waiting {
        0 => entry.empty.into(),
        1 => format!("1 {} waits.", entry.noun.0),
        many => format!("{many} {} wait.", entry.noun.1),
    };
    let there = on_it.iter().filter(|one| entry.queue.is_some_and(|queue| queue.as_str() == one.queue));
    Card {
        title: title(&load),
        words,
        oldest: load.oldest.map(|at| list::span(now - at)).unwrap_or_default(),
        on_it: there.map(|one| format!("{} ({})", one.name, one.items)).collect(),
        load,
    }
}

/// The queues of the desks that somebody with these roles works on, each read by one statement.
async fn cards(app: &App, roles: &[String]) -> Result<Vec<Card>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let on_it = register::on_it(&mut conn, now).await?;
    let mut cards = Vec::new();
    for entry in register::ENTRIES.iter().filter(|entry| entry.permission.granted_to(roles)) {
        cards.push(card(register::load(&mut conn, entry, now).await?, &on_it, now));
    }
    Ok(cards)
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
    queues: Vec<Card>,
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
        queues: cards(&app, &who.roles).await?,
        figures,
        can_look_up: Permission::LookUpPeople.granted_to(&who.roles),
        can_manage_staff: Permission::ManageStaff.granted_to(&who.roles),
    })
}
