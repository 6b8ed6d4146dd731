//! The desk of campaigns: the list, and one campaign with how it stands. Its words are in [`text`], what is done with it
//! in [`steps`], and what became of it is drawn in `chart`.

mod chart;
pub mod steps;
pub mod text;

pub use text::{create, edit, new, update};

use actix_web::{HttpRequest, web};

use self::chart::Chart;
use super::{Audience, Campaign, Counts, Desk};
use crate::platform::app::App;
use crate::platform::codes;
use crate::platform::error::AppError;
use crate::platform::ids::CampaignId;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::PlansCampaigns;

fn desk(who: &SignedIn) -> Desk {
    Desk { person: who.person, from: who.caller.circumstances() }
}

fn path(id: CampaignId) -> String {
    format!("/staff/campaigns/{id}")
}

/// A state in words, and the kind of its badge.
fn in_words(state: &str) -> (&'static str, &'static str) {
    match state {
        "draft" => ("", "Draft"),
        "waiting" => ("warning", "Waits for approval"),
        "scheduled" => ("info", "Scheduled"),
        "sending" => ("info", "Being sent"),
        "paused" => ("warning", "Paused"),
        "finished" => ("success", "Finished"),
        _ => ("danger", "Cancelled"),
    }
}

struct Row {
    path: String,
    name: String,
    topic: &'static str,
    badge: (&'static str, &'static str),
    when: String,
    /// How much of it has left, behind a dot; empty before it begins.
    progress: String,
}

#[derive(askama::Template)]
#[template(path = "preferences/campaigns/index.html")]
struct IndexPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /staff/campaigns`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PlansCampaigns>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let campaigns = super::list(&app, keyset.window()).await?;
    let (campaigns, pager) = keyset.page(campaigns, |(campaign, _)| campaign.id.0, "/staff/campaigns", "");
    let row = |(campaign, counts): (Campaign, Counts)| Row {
        path: path(campaign.id),
        topic: campaign.topic_label(),
        badge: in_words(&campaign.state),
        when: moment(&campaign.scheduled_for.unwrap_or(campaign.created_at)),
        name: campaign.name,
        progress: match counts.total {
            0 => String::new(),
            total => format!(" · {} of {} sent", codes::count(counts.sent), codes::count(total)),
        },
    };
    let rows = campaigns.into_iter().map(row).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Campaigns"), rows, pager })
}

struct HistoryRow {
    state: &'static str,
    iso: String,
    at: String,
    by: String,
    note: String,
}

#[derive(askama::Template)]
#[template(path = "preferences/campaigns/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    badge: (&'static str, &'static str),
    topic: &'static str,
    audience: String,
    /// How many get it.
    count: String,
    needs_second: bool,
    own: bool,
    counts: Counts,
    figures: Vec<Figure>,
    /// How many messages were not sent, and why.
    not_sent: String,
    chart: Chart,
    text: String,
    history: Vec<HistoryRow>,
    campaign: Campaign,
    when: String,
    form: Form,
}

/// A result in figures, with its part of all messages.
struct Figure {
    label: &'static str,
    figure: String,
    percent: i64,
    note: String,
}

/// The results of a campaign that has begun.
fn figures(counts: &Counts) -> Vec<Figure> {
    let percent = |count: i64| count * 100 / counts.total.max(1);
    let figure = |label, count: i64, note: &str| Figure {
        label,
        figure: codes::count(count),
        percent: percent(count),
        note: note.into(),
    };
    let done = percent(counts.total - counts.waiting);
    vec![
        Figure {
            label: "Done",
            figure: format!("{done} %"),
            percent: done,
            note: format!("{} still to be sent", codes::count(counts.waiting)),
        },
        figure("Sent", counts.sent, "taken by a mail server"),
        figure("Refused", counts.refused, "by a mail server, for good"),
        figure("Bounced", counts.bounced, "came back later"),
        figure("Complained", counts.complained, "reported it as unwanted"),
        figure("Unsubscribed", counts.unsubscribed, "by a link of this campaign"),
    ]
}

fn not_sent(counts: &Counts) -> String {
    let (suppressed, cancelled) = (codes::count(counts.suppressed), codes::count(counts.cancelled));
    format!(
        "{suppressed} not sent because they were no longer wanted; {cancelled} not sent because the campaign was cancelled."
    )
}

fn audience_in_words(audience: &Audience) -> String {
    let state = match audience.state.as_deref() {
        Some("customers") => "people with an account",
        Some(_) => "people without an account",
        None => "everybody",
    };
    let country = audience.country.as_ref().map_or_else(String::new, |code| format!(" in {code}"));
    let company =
        audience.company.as_ref().map_or_else(String::new, |part| format!(" at a company like “{part}”"));
    format!("Of the subscribers, {state}{country}{company}")
}

/// `GET /staff/campaigns/{campaign}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PlansCampaigns>,
    id: web::Path<CampaignId>,
) -> WebResult {
    let form = steps::ScheduleForm::default().draw();
    pages::ok(&show_page(&app, &request, &who, *id, form).await?)
}

async fn show_page(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    id: CampaignId,
    form: Form,
) -> Result<ShowPage, AppError> {
    let campaign = super::find(app, id).await?;
    let counts = super::counts(app, id).await?;
    let count = if counts.total > 0 { counts.total } else { super::count(app, &campaign).await? };
    let history = super::history(app, id).await?;
    let history = history.into_iter().map(|(state, at, by, note)| HistoryRow {
        state: in_words(&state).1,
        iso: at.to_rfc3339(),
        at: moment(&at),
        by: by.unwrap_or_else(|| "the portal".into()),
        note: note.unwrap_or_default(),
    });
    Ok(ShowPage {
        page: Page::of(request, &campaign.name),
        path: path(id),
        badge: in_words(&campaign.state),
        topic: campaign.topic_label(),
        audience: audience_in_words(&campaign.audience()),
        count: codes::count(count),
        needs_second: count > super::APPROVAL_ABOVE,
        own: campaign.changed_by == Some(who.person),
        figures: figures(&counts),
        not_sent: not_sent(&counts),
        chart: Chart::draw(app, &campaign).await?,
        text: steps::example(app, &campaign, &who.name).0,
        history: history.collect(),
        when: campaign.scheduled_for.as_ref().map(moment).unwrap_or_default(),
        counts,
        campaign,
        form,
    })
}
