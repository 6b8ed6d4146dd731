//! What the page of choices sends and how it is drawn.

use std::collections::BTreeMap;

use serde::Deserialize;
use uuid::Uuid;

use super::Present;
use crate::identity::people::ticked;
use crate::platform::error::AppError;
use crate::platform::ids::PartnerId;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::preferences::topics::Topic;

/// How many mailings a month somebody can choose.
const LIMITS: [Option<i32>; 4] = [None, Some(4), Some(2), Some(1)];

/// The words of a limit.
pub(super) fn limit_words(limit: Option<i32>) -> String {
    match limit {
        None => "As many as there are".into(),
        Some(1) => "At most one in 30 days".into(),
        Some(many) => format!("At most {many} in 30 days"),
    }
}

/// What differs from what the page showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Topics with another choice than before.
    pub topics: BTreeMap<Topic, bool>,
    /// Another limit.
    pub limit: Option<Option<i32>>,
}

/// What a form of the page asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// These topics, so many.
    Save(Wanted),
    /// Nothing for so many days.
    Pause(i64),
    /// No pause any more.
    Resume,
    /// Nothing at all; with or without calls.
    Stop {
        /// Calls too.
        calls: bool,
    },
    /// What this decision stopped goes on.
    Undo(Uuid),
    /// A partner may have the address, or may not (S113).
    Partner {
        /// Which.
        partner: PartnerId,
        /// It may.
        yes: bool,
    },
}

/// What the forms of the page send.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ChoicesForm {
    act: String,
    seen: Option<String>,
    decision: Option<Uuid>,
    partner: Option<PartnerId>,
    limit: String,
    product_news: String,
    newsletter: String,
    events: String,
    offers: String,
    surveys: String,
    onboarding_calls: String,
}

impl ChoicesForm {
    fn wants(&self, topic: Topic) -> bool {
        ticked(match topic {
            Topic::ProductNews => &self.product_news,
            Topic::Newsletter => &self.newsletter,
            Topic::Events => &self.events,
            Topic::Offers => &self.offers,
            Topic::Surveys => &self.surveys,
            Topic::OnboardingCalls => &self.onboarding_calls,
        })
    }

    /// What the form asks for, given what holds now.
    ///
    /// # Errors
    /// The form again with what is wrong; or [`AppError::BadRequest`] for an act that no button has.
    pub fn parse(&self, present: &Present) -> Result<Result<Act, Form>, AppError> {
        Ok(Ok(match self.act.as_str() {
            "" | "save" => return Ok(self.parse_choices(present).map(Act::Save)),
            "pause_30" => Act::Pause(30),
            "pause_90" => Act::Pause(90),
            "resume" => Act::Resume,
            "stop" => Act::Stop { calls: present.topics.contains_key(&Topic::OnboardingCalls) },
            "undo" => match self.decision {
                Some(decision) => Act::Undo(decision),
                None => return Err(AppError::BadRequest("Nothing was named to be undone.".into())),
            },
            "partner_yes" | "partner_no" => match self.partner {
                Some(partner) => Act::Partner { partner, yes: self.act == "partner_yes" },
                None => return Err(AppError::BadRequest("No partner was named.".into())),
            },
            _ => return Err(AppError::BadRequest("This page has no such button.".into())),
        }))
    }

    fn parse_choices(&self, present: &Present) -> Result<Wanted, Form> {
        let now = seen(present);
        let (seen_topics, seen_limit) =
            self.seen.as_deref().unwrap_or(&now).split_once('|').unwrap_or_default();
        let was = |topic: Topic| seen_topics.split(',').any(|name| name == topic.as_str());
        let topics = present.topics.keys().copied();
        let changed = topics.filter(|topic| self.wants(*topic) != was(*topic));
        let topics = changed.map(|topic| (topic, self.wants(topic))).collect();
        let limit = LIMITS.into_iter().find(|limit| value_of(*limit) == self.limit);
        let Some(limit) = limit else {
            let mut form = self.draw(present);
            form.fail("limit", "Choose one of these.");
            return Err(form);
        };
        Ok(Wanted { topics, limit: (self.limit != seen_limit).then_some(limit) })
    }

    /// The form with what was typed.
    fn draw(&self, present: &Present) -> Form {
        let wanted = Present {
            topics: present.topics.keys().map(|topic| (*topic, self.wants(*topic))).collect(),
            ..present.clone()
        };
        let mut form = draw(&wanted);
        if let Some(field) = form.fields.iter_mut().find(|field| field.name == "seen") {
            field.value = self.seen.clone().unwrap_or_else(|| seen(present));
        }
        form
    }
}

fn value_of(limit: Option<i32>) -> String {
    limit.map(|many| many.to_string()).unwrap_or_default()
}

/// What the page shows, for comparing when it comes back.
fn seen(present: &Present) -> String {
    let names: Vec<&str> =
        present.topics.iter().filter(|(_, yes)| **yes).map(|(topic, _)| topic.as_str()).collect();
    format!("{}|{}", names.join(","), value_of(present.limit))
}

/// The form as things stand.
pub(super) fn draw(present: &Present) -> Form {
    let mut fields: Vec<Field> = present
        .topics
        .iter()
        .map(|(topic, yes)| {
            Field::checkbox(topic.as_str(), topic.label(), *yes).hint(topic.about()).optional()
        })
        .collect();
    let options = LIMITS
        .into_iter()
        .map(|limit| Choice {
            value: value_of(limit),
            label: limit_words(limit),
            selected: limit == present.limit,
        })
        .collect();
    fields.push(Field::select("limit", "How many mailings", options).hint("Counted over all topics."));
    fields.push(Field::hidden("seen", &seen(present)));
    Form::new(fields)
}
