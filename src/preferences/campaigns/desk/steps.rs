//! What is done with a campaign: looked at, mailed to oneself, scheduled, approved, stopped.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use uuid::Uuid;

use super::{desk, path, show_page};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{CampaignId, ContactId};
use crate::platform::mail::one_click_headers;
use crate::platform::messages::{self, Body, Class, Kind, Outgoing};
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{RecentStaff, Staff};
use crate::platform::web::pages::{self, WebResult, see_other};
use crate::preferences::campaigns::writing::{self, Reader};
use crate::preferences::campaigns::{self, Campaign, Turn};
use crate::preferences::links::{self, Link};
use crate::staff::permissions::PlansCampaigns;

/// Both parts as somebody of this name gets them, and the address of one click. The links lead to no contact.
pub(super) fn example(app: &App, campaign: &Campaign, name: &str) -> (String, String, String) {
    let link = Link::new(&app.keys, ContactId(Uuid::nil()), "", None, None);
    let (preferences_url, one_click) = (links::preferences_url(app, &link), links::one_click_url(app, &link));
    let address = app.config.campaigns.postal_address.as_deref().unwrap_or("(no postal address is set)");
    let draft = writing::draft(&campaign.subject, &campaign.body, campaign.topic_label(), address);
    let reader = Reader { name, preferences_url: &preferences_url, unsubscribe_url: &one_click };
    let (text, html) = draft.write(&reader);
    (text, html, one_click)
}

/// How to look at it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Look {
    /// `phone` for a narrow page.
    width: String,
    /// `dark` for dark colours.
    colours: String,
}

/// `GET /staff/campaigns/{campaign}/preview`: the HTML part by itself, under a policy that lets its own style in.
pub async fn preview(
    app: web::Data<App>,
    who: Staff<PlansCampaigns>,
    id: web::Path<CampaignId>,
    look: web::Query<Look>,
) -> Result<HttpResponse, AppError> {
    let campaign = campaigns::find(&app, *id).await?;
    let (_, mut html, _) = example(&app, &campaign, &who.name);
    if look.colours == "dark" {
        html = html.replacen("@media (prefers-color-scheme: dark)", "@media all", 1);
    }
    if look.width == "phone" {
        html = html.replacen(
            "</style>",
            "html { max-width: 360px; margin: 0 auto; outline: 1px solid #888; }\n</style>",
            1,
        );
    }
    Ok(HttpResponse::Ok()
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
        ))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .content_type("text/html; charset=utf-8")
        .body(html))
}

/// `POST /staff/campaigns/{campaign}/test`: mails it to whoever asks.
pub async fn test(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PlansCampaigns>,
    id: web::Path<CampaignId>,
) -> WebResult {
    let campaign = campaigns::find(&app, *id).await?;
    let (text, html, one_click) = example(&app, &campaign, &who.name);
    let mail = Outgoing {
        kind: Kind::Mail,
        name: "campaign_test",
        class: Class::Marketing,
        person: Some(who.person.0),
        to: &who.email,
        subject: format!("[Test] {}", campaign.subject),
        body: Body { text, html, headers: one_click_headers(&one_click) },
    };
    let mut conn = app.db.get().await?;
    diesel_async::AsyncConnection::transaction(&mut conn, async |conn| {
        messages::enqueue(conn, &app.keys, app.clock.now(), mail).await
    })
    .await?;
    flash::success(
        &request,
        format!("A test mail to {} is on its way. The links at its foot lead nowhere.", who.email),
    );
    Ok(see_other(&path(*id)))
}

/// What the form of the schedule sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ScheduleForm {
    at: String,
}

impl ScheduleForm {
    pub(super) fn draw(&self) -> Form {
        let hint = "In UTC, such as 2026-12-01 09:00. Empty means at once.";
        Form::new(vec![Field::text("at", "When").value(&self.at).optional().hint(hint)])
    }

    fn parse(&self, now: DateTime<Utc>) -> Result<DateTime<Utc>, Form> {
        let typed = self.at.trim().replace('T', " ");
        if typed.is_empty() {
            return Ok(now);
        }
        let mut form = self.draw();
        match NaiveDateTime::parse_from_str(&typed, "%Y-%m-%d %H:%M") {
            Ok(at) if at.and_utc() >= now => return Ok(at.and_utc()),
            Ok(_) => form.fail("at", "This moment is past."),
            Err(_) => form.fail("at", "Write year-month-day hour:minute, such as 2026-12-01 09:00."),
        }
        Err(form)
    }
}

/// `POST /staff/campaigns/{campaign}/schedule`
pub async fn schedule(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<PlansCampaigns>,
    id: web::Path<CampaignId>,
    typed: web::Form<ScheduleForm>,
) -> WebResult {
    let at = match typed.parse(app.clock.now()) {
        Ok(at) => at,
        Err(form) => return pages::unprocessable(&show_page(&app, &request, &who, *id, form).await?),
    };
    if app.config.campaigns.postal_address.is_none() {
        let mut form = typed.draw();
        form.fail_whole("No campaign leaves without our postal address: set PORTAL_MAIL_POSTAL_ADDRESS.");
        return pages::unprocessable(&show_page(&app, &request, &who, *id, form).await?);
    }
    if campaigns::schedule(&app, &desk(&who), *id, at).await? {
        flash::success(&request, "The campaign waits until a colleague approves it.");
    } else {
        flash::success(&request, "The campaign is scheduled. It begins within a minute of its time.");
    }
    Ok(see_other(&path(*id)))
}

/// What the form of an approval sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ApprovalForm {
    /// What the page showed.
    seen: String,
}

/// `POST /staff/campaigns/{campaign}/approval`
pub async fn approve(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<PlansCampaigns>,
    id: web::Path<CampaignId>,
    typed: web::Form<ApprovalForm>,
) -> WebResult {
    if campaigns::approve(&app, &desk(&who), *id, &typed.seen).await? {
        flash::success(&request, "The campaign is approved and begins at its time.");
    } else {
        flash::info(&request, "You wrote this campaign yourself: a colleague approves it.");
    }
    Ok(see_other(&path(*id)))
}

/// What the buttons send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TurnForm {
    turn: String,
}

/// `POST /staff/campaigns/{campaign}/turn`: pause, resume, cancel, or back to the writer.
pub async fn turn(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PlansCampaigns>,
    id: web::Path<CampaignId>,
    typed: web::Form<TurnForm>,
) -> WebResult {
    let turn = Turn::parse(&typed.turn)
        .ok_or_else(|| AppError::BadRequest("Nothing of that kind can be done with a campaign.".into()))?;
    campaigns::turn(&app, &desk(&who), *id, turn).await?;
    flash::success(
        &request,
        match turn {
            Turn::SendBack => "The campaign is a draft again.",
            Turn::Pause => "The campaign is paused. No further message is begun.",
            Turn::Resume => "The campaign goes on.",
            Turn::Cancel => "The campaign is cancelled. What was not sent will not be.",
        },
    );
    Ok(see_other(&path(*id)))
}
