//! The desk of campaigns: the list, the words, and one campaign with how it stands.

mod chart;
pub mod steps;

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use self::chart::Chart;
use super::{Audience, Campaign, Counts, Desk, Draft};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::CampaignId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::preferences::topics::Topic;
use crate::staff::permissions::PlansCampaigns;

/// Longest text, in characters.
const LONGEST: usize = 40_000;

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
    sent: i64,
    total: i64,
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
        sent: counts.sent,
        total: counts.total,
    };
    let rows = campaigns.into_iter().map(row).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Campaigns"), rows, pager })
}

/// What the form of a campaign sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CampaignForm {
    name: String,
    topic: String,
    subject: String,
    body: String,
    state: String,
    country: String,
    company: String,
}

impl CampaignForm {
    fn of(campaign: &Campaign) -> Self {
        Self {
            name: campaign.name.clone(),
            topic: campaign.topic.clone(),
            subject: campaign.subject.clone(),
            body: campaign.body.clone(),
            state: campaign.audience_state.clone().unwrap_or_default(),
            country: campaign.audience_country.clone().unwrap_or_default(),
            company: campaign.audience_company.clone().unwrap_or_default(),
        }
    }

    fn draw(&self) -> Form {
        let topics = Topic::BY_MAIL.iter().map(|topic| Choice {
            value: topic.as_str().into(),
            label: topic.label().into(),
            selected: self.topic == topic.as_str(),
        });
        let states = [
            ("", "Everybody"),
            ("customers", "People with an account"),
            ("others", "People without an account"),
        ];
        let states = states.map(|(value, label)| Choice {
            value: value.into(),
            label: label.into(),
            selected: self.state == value,
        });
        let mut body = Field::textarea("body", "Text").value(&self.body).hint(
            "Markdown: # for a heading, - for a list, [words](https://…) for a link. {name} stands for the reader's name. Pictures and HTML are left out.",
        );
        body.maxlength = Some(u32::try_from(LONGEST).expect("a small number"));
        Form::new(vec![
            Field::text("name", "Name").value(&self.name).hint("Only colleagues see it."),
            Field::select("topic", "Topic", topics.collect())
                .hint("Only people who subscribed to this topic get the campaign."),
            Field::text("subject", "Subject").value(&self.subject),
            body,
            Field::select("state", "Account", states.to_vec()).optional(),
            Field::text("country", "Country")
                .value(&self.country)
                .optional()
                .hint("Two letters, such as DE."),
            Field::text("company", "Company").value(&self.company).optional().hint("Part of its name."),
        ])
    }

    fn parse(&self) -> Result<Draft, Form> {
        let mut form = self.draw();
        for (name, value, longest) in
            [("name", &self.name, 200), ("subject", &self.subject, 200), ("body", &self.body, LONGEST)]
        {
            if value.trim().is_empty() {
                form.fail(name, "Fill this in.");
            } else if value.chars().count() > longest {
                form.fail(name, format!("At most {longest} characters."));
            }
        }
        if self.subject.chars().any(char::is_control) {
            form.fail("subject", "One line only.");
        }
        let topic = Topic::parse(&self.topic).filter(|topic| Topic::BY_MAIL.contains(topic));
        if topic.is_none() {
            form.fail("topic", "Choose one of the topics.");
        }
        let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        let country = given(&self.country).map(|country| country.to_uppercase());
        if country
            .as_ref()
            .is_some_and(|code| code.len() != 2 || !code.bytes().all(|b| b.is_ascii_uppercase()))
        {
            form.fail("country", "Two letters, such as DE.");
        }
        if !["", "customers", "others"].contains(&self.state.as_str()) {
            form.fail("state", "Choose one of these.");
        }
        let (Some(topic), false) = (topic, form.has_errors()) else { return Err(form) };
        let audience = Audience { state: given(&self.state), country, company: given(&self.company) };
        let (name, subject) = (self.name.trim().to_owned(), self.subject.trim().to_owned());
        Ok(Draft { name, topic, subject, body: self.body.replace("\r\n", "\n"), audience })
    }
}

#[derive(askama::Template)]
#[template(path = "preferences/campaigns/edit.html")]
struct EditPage {
    page: Page,
    action: String,
    back: String,
    form: Form,
}

fn edit_page(request: &HttpRequest, id: Option<CampaignId>, form: Form) -> EditPage {
    let (title, action, back) = match id {
        None => ("A new campaign", "/staff/campaigns/new".to_owned(), "/staff/campaigns".to_owned()),
        Some(id) => ("Change the campaign", format!("{}/text", path(id)), path(id)),
    };
    EditPage { page: Page::of(request, title), action, back, form }
}

/// `GET /staff/campaigns/new`
pub async fn new(request: HttpRequest, _who: Staff<PlansCampaigns>) -> WebResult {
    pages::ok(&edit_page(&request, None, CampaignForm::default().draw()))
}

/// `POST /staff/campaigns/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PlansCampaigns>,
    typed: web::Form<CampaignForm>,
) -> WebResult {
    match typed.parse() {
        Ok(draft) => {
            let id = super::create(&app, &desk(&who), &draft).await?;
            flash::success(&request, "The draft is kept. Look at the preview, and mail it to yourself.");
            Ok(see_other(&path(id)))
        }
        Err(form) => pages::unprocessable(&edit_page(&request, None, form)),
    }
}

/// `GET /staff/campaigns/{campaign}/text`
pub async fn edit(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PlansCampaigns>,
    id: web::Path<CampaignId>,
) -> WebResult {
    let campaign = super::find(&app, *id).await?;
    pages::ok(&edit_page(&request, Some(*id), CampaignForm::of(&campaign).draw()))
}

/// `POST /staff/campaigns/{campaign}/text`
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PlansCampaigns>,
    id: web::Path<CampaignId>,
    typed: web::Form<CampaignForm>,
) -> WebResult {
    super::find(&app, *id).await?;
    match typed.parse() {
        Ok(draft) => {
            super::update(&app, &desk(&who), *id, &draft).await?;
            flash::success(&request, "The draft is changed.");
            Ok(see_other(&path(*id)))
        }
        Err(form) => pages::unprocessable(&edit_page(&request, Some(*id), form)),
    }
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
    count: i64,
    needs_second: bool,
    own: bool,
    percent: i64,
    counts: Counts,
    chart: Chart,
    text: String,
    history: Vec<HistoryRow>,
    campaign: Campaign,
    when: String,
    form: Form,
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
        count,
        needs_second: count > super::APPROVAL_ABOVE,
        own: campaign.changed_by == Some(who.person),
        percent: if counts.total > 0 { (counts.total - counts.waiting) * 100 / counts.total } else { 0 },
        chart: Chart::draw(app, &campaign).await?,
        text: steps::example(app, &campaign, &who.name).0,
        history: history.collect(),
        when: campaign.scheduled_for.as_ref().map(moment).unwrap_or_default(),
        counts,
        campaign,
        form,
    })
}
