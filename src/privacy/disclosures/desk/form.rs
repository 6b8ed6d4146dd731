//! The form that records a disclosure.

use chrono::{DateTime, Days, Months, NaiveDate, Utc};

use super::parts::{day, names_somebody, parse_silence, text};
use crate::platform::web::forms::{Choice, Field, Form};
use crate::privacy::data_map::{Category, Class};
use crate::privacy::disclosures::kinds::{Ground, RecipientKind};
use crate::privacy::disclosures::transfers::AHEAD;
use crate::privacy::disclosures::{About, NewDisclosure, Silence};

/// So long ago may something have come that is recorded.
const OLDEST: Months = Months::new(12);
/// Classes of data that can be disclosed.
const CLASSES: [Class; 3] = [Class::Account, Class::Usage, Class::Content];

/// What the form sends.
#[derive(Clone, Debug, Default)]
pub(super) struct DisclosureForm {
    kind: String,
    recipient: String,
    ground: String,
    sale: String,
    classes: Vec<String>,
    categories: Vec<String>,
    sid: String,
    order_reference: String,
    words: String,
    method: String,
    received_on: String,
    silent_until: String,
    silent_because: String,
    transfer_on: String,
}

fn boxes<'a>(of: impl IntoIterator<Item = (&'a str, &'a str)>, ticked: &[String]) -> Vec<Choice> {
    let is_ticked = |value: &str| ticked.iter().any(|one| one == value);
    of.into_iter()
        .map(|(value, label)| Choice { value: value.into(), label: label.into(), selected: is_ticked(value) })
        .collect()
}

impl DisclosureForm {
    /// The form before anything was typed: today.
    pub(super) fn blank(today: NaiveDate) -> Form {
        Self { received_on: today.to_string(), ..Self::default() }.draw()
    }

    /// A field may come several times, which is how ticked boxes are sent.
    pub(super) fn read(typed: Vec<(String, String)>) -> Self {
        let mut form = Self::default();
        for (name, value) in typed {
            match name.as_str() {
                "kind" => form.kind = value,
                "recipient" => form.recipient = value,
                "ground" => form.ground = value,
                "sale" => form.sale = value,
                "classes" => form.classes.push(value),
                "categories" => form.categories.push(value),
                "sid" => form.sid = value,
                "order_reference" => form.order_reference = value,
                "words" => form.words = value,
                "method" => form.method = value,
                "received_on" => form.received_on = value,
                "silent_until" => form.silent_until = value,
                "silent_because" => form.silent_because = value,
                "transfer_on" => form.transfer_on = value,
                _ => {}
            }
        }
        form
    }

    /// As it is drawn, with what was typed.
    pub(super) fn draw(&self) -> Form {
        let kinds = RecipientKind::ALL.iter().map(|kind| (kind.as_str(), kind.label()));
        let kinds = [("", "Choose one")].into_iter().chain(kinds);
        let grounds = Ground::ALL.iter().map(|ground| (ground.as_str(), ground.label()));
        let grounds = [("", "None: it is no legal demand")].into_iter().chain(grounds);
        let classes = CLASSES.into_iter().map(|class| (class.id(), class.label()));
        let categories = Category::PERSONAL.into_iter().map(|category| (category.id(), category.label()));
        let mut fields = vec![
            Field::select("kind", "Who gets it", Choice::list(kinds, &self.kind)),
            Field::text("recipient", "Who exactly").autocomplete("off").value(&self.recipient),
            Field::select("ground", "Ground of a legal demand", Choice::list(grounds, &self.ground))
                .optional(),
            Field::checkboxes("classes", "Classes of data", boxes(classes, &self.classes)),
            Field::checkboxes("categories", "Categories of data", boxes(categories, &self.categories)),
            Field::text("sid", "SID of the person or the account")
                .hint("US… or AC…. Leave it empty where it is about nobody by name.")
                .autocomplete("off")
                .value(&self.sid)
                .optional(),
        ];
        fields.extend(self.further());
        Form::new(fields)
    }

    fn further(&self) -> [Field; 8] {
        [
            Field::text("order_reference", "Reference of the order")
                .hint("As the order calls itself. A demand by law has one.")
                .autocomplete("off")
                .value(&self.order_reference)
                .optional(),
            Field::textarea("words", "What is asked for, or is to be handed over")
                .hint("10 to 2,000 characters. Whoever it is about reads this.")
                .value(&self.words),
            Field::textarea("method", "How it was made sure that it leads to nobody")
                .hint("Only for data that leads to nobody: how it was counted together or made anonymous.")
                .value(&self.method)
                .optional(),
            Field::date("received_on", "When it came, in UTC").value(&self.received_on),
            Field::date("silent_until", "Nobody may be told before")
                .hint("Only where a law or an order forbids to tell whom it is about: they are told on this day, a year from now at most.")
                .value(&self.silent_until)
                .optional(),
            Field::text("silent_because", "Law or order that forbids it")
                .autocomplete("off")
                .value(&self.silent_because)
                .optional(),
            Field::date("transfer_on", "Day of a business transfer").value(&self.transfer_on).optional(),
            Field::checkbox("sale", "It may be a sale in the meaning of the law", !self.sale.is_empty())
                .hint("Only a business transfer can be one, and only of account data without activity."),
        ]
    }

    /// Reads it.
    ///
    /// # Errors
    /// The form, with what is wrong beside each field.
    pub(super) fn parse(&self, now: DateTime<Utc>) -> Result<NewDisclosure, Form> {
        let (mut form, today) = (self.draw(), now.date_naive());
        let kind = RecipientKind::parse(&self.kind);
        if kind.is_none() {
            form.fail("kind", "Choose who gets it.");
        }
        let recipient = text(&self.recipient, 2..=200);
        if recipient.is_none() {
            form.fail("recipient", "Enter a name of 2 to 200 characters.");
        }
        let words = text(&self.words, 10..=2000);
        if words.is_none() {
            form.fail("words", "Write 10 to 2,000 characters.");
        }
        let received_on = day(&self.received_on)
            .filter(|on| *on <= today && *on >= today.checked_sub_months(OLDEST).unwrap_or(today));
        if received_on.is_none() {
            form.fail("received_on", "Enter a day of the last twelve months, up to today.");
        }
        let (classes, categories) = self.data(&mut form);
        let silence = self.silence(today, &mut form);
        let about = self.about(&mut form);
        if let Some(kind) = kind {
            self.judge(kind, about, today, &mut form);
        }
        let (ground, transfer_on) = (Ground::parse(&self.ground), day(&self.transfer_on));
        match (kind, recipient, words, received_on) {
            (Some(kind), Some(recipient), Some(words), Some(received_on)) if !form.has_errors() => {
                let (order_reference, method) =
                    (text(&self.order_reference, 1..=200), text(&self.method, 10..=2000));
                let sale = !self.sale.is_empty();
                Ok(NewDisclosure {
                    kind,
                    recipient,
                    ground,
                    sale,
                    classes,
                    categories,
                    about,
                    order_reference,
                    words,
                    method,
                    received_on,
                    silence,
                    transfer_on,
                })
            }
            _ => Err(form),
        }
    }

    fn data(&self, form: &mut Form) -> (Vec<Class>, Vec<Category>) {
        let classes: Vec<Class> =
            CLASSES.into_iter().filter(|class| self.classes.iter().any(|id| id == class.id())).collect();
        if classes.is_empty() {
            form.fail("classes", "Tick at least one.");
        }
        let categories: Vec<Category> = Category::PERSONAL
            .into_iter()
            .filter(|category| self.categories.iter().any(|id| id == category.id()))
            .collect();
        if categories.is_empty() {
            form.fail("categories", "Tick at least one.");
        }
        (classes, categories)
    }

    fn silence(&self, today: NaiveDate, form: &mut Form) -> Option<Silence> {
        if self.silent_until.trim().is_empty() && self.silent_because.trim().is_empty() {
            return None;
        }
        let until = parse_silence(&self.silent_until, today);
        if let Err(message) = until {
            form.fail("silent_until", message);
        }
        let because = text(&self.silent_because, 10..=500);
        if because.is_none() {
            form.fail("silent_because", "Name the law or the order in 10 to 500 characters.");
        }
        Some(Silence { until: until.ok()?, because: because? })
    }

    fn about(&self, form: &mut Form) -> About {
        let sid = self.sid.trim();
        if sid.is_empty() {
            return About::Nobody;
        }
        let person = sid.parse().map(About::Person);
        person.or_else(|_| sid.parse().map(About::Account)).unwrap_or_else(|_| {
            form.fail("sid", "Enter the SID of a person or an account: US or AC, and 32 characters.");
            About::Nobody
        })
    }

    /// What a kind of recipient takes, and what it does not go with. The database refuses the same.
    fn judge(&self, kind: RecipientKind, about: About, today: NaiveDate, form: &mut Form) {
        let ground = Ground::parse(&self.ground);
        match (kind, ground) {
            (RecipientKind::Legal, None) => {
                form.fail("ground", "Choose a ground. Without one nothing is handed to anybody by law.");
            }
            (RecipientKind::Legal, Some(Ground::Law)) if self.order_reference.trim().is_empty() => {
                form.fail("order_reference", "A demand by law has a reference.");
            }
            (RecipientKind::Legal, _) => {}
            (_, Some(_)) => form.fail("ground", "Only a legal demand has a ground."),
            _ => {}
        }
        if text(&self.order_reference, 0..=200).is_none() {
            form.fail("order_reference", "At most 200 characters.");
        }
        if kind != RecipientKind::Legal && !self.silent_until.trim().is_empty() {
            form.fail("silent_until", "Only with a legal demand can telling be forbidden.");
        }
        self.judge_nobody(kind, about, form);
        self.judge_transfer(kind, today, form);
    }

    fn judge_nobody(&self, kind: RecipientKind, about: About, form: &mut Form) {
        let deidentified = kind == RecipientKind::Deidentified;
        match (deidentified, self.method.trim().is_empty()) {
            (true, _) if text(&self.method, 10..=2000).is_none() => {
                form.fail("method", "Write 10 to 2,000 characters.");
            }
            (false, false) => form.fail("method", "Only data that leads to nobody has a method."),
            _ => {}
        }
        if (deidentified || kind == RecipientKind::Transfer) && about != About::Nobody {
            form.fail("sid", "This kind is about nobody by name.");
        }
        for (name, value) in
            [("words", &self.words), ("method", &self.method), ("order_reference", &self.order_reference)]
        {
            if deidentified && names_somebody(value) {
                form.fail(name, "What leads to nobody has no address and no SID in it.");
            }
        }
        let names = names_somebody(&self.words) || names_somebody(&self.order_reference);
        if names && about == About::Nobody && !deidentified && kind != RecipientKind::Transfer {
            form.fail("sid", "Somebody is named here. Enter their SID, so that they are told.");
        }
    }

    fn judge_transfer(&self, kind: RecipientKind, today: NaiveDate, form: &mut Form) {
        let is_transfer = kind == RecipientKind::Transfer;
        let soonest = today.checked_add_days(Days::new(AHEAD)).unwrap_or(today);
        if is_transfer && day(&self.transfer_on).is_none_or(|on| on < soonest) {
            form.fail(
                "transfer_on",
                "Enter the day of the transfer, thirty days from now or later: everybody is told first.",
            );
        }
        if !is_transfer && !self.transfer_on.trim().is_empty() {
            form.fail("transfer_on", "Only a business transfer has one.");
        }
        if self.sale.is_empty() {
            return;
        }
        let others = self.classes.iter().any(|id| id != Class::Account.id());
        if !is_transfer || others || self.categories.iter().any(|id| id == Category::Activity.id()) {
            form.fail(
                "sale",
                "Nothing is sold but with a business transfer, and then account data without activity alone.",
            );
        }
    }
}
