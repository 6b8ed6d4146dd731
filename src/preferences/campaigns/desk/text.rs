//! The words of a campaign and to whom they go: the form, for a new one and for a draft that is changed.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{desk, path};
use crate::platform::app::App;
use crate::platform::ids::CampaignId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::preferences::campaigns::writing::NAME_MARK;
use crate::preferences::campaigns::{self, Audience, Campaign, Draft};
use crate::preferences::topics::Topic;
use crate::staff::permissions::PlansCampaigns;

/// Longest text, in characters.
const LONGEST: usize = 40_000;

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
            Field::text("subject", "Subject").value(&self.subject).hint(
                "The same for everybody: lists of mail show it to whoever passes by, so it names no reader.",
            ),
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
        for (name, value, longest, missing) in [
            ("name", &self.name, 200, "Give it a name."),
            ("subject", &self.subject, 200, "Write a subject."),
            ("body", &self.body, LONGEST, "Write the text."),
        ] {
            if value.trim().is_empty() {
                form.fail(name, missing);
            } else if value.chars().count() > longest {
                form.fail(name, format!("At most {longest} characters."));
            }
        }
        if self.subject.chars().any(char::is_control) {
            form.fail("subject", "One line only.");
        } else if self.subject.contains(NAME_MARK) {
            form.fail("subject", format!("{NAME_MARK} is replaced in the text only. Leave it out here."));
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
            let id = campaigns::create(&app, &desk(&who), &draft).await?;
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
    let campaign = campaigns::find(&app, *id).await?;
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
    campaigns::find(&app, *id).await?;
    match typed.parse() {
        Ok(draft) => {
            campaigns::update(&app, &desk(&who), *id, &draft).await?;
            flash::success(&request, "The draft is changed.");
            Ok(see_other(&path(*id)))
        }
        Err(form) => pages::unprocessable(&edit_page(&request, Some(*id), form)),
    }
}
