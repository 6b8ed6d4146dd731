//! The form of a subscriber record: what the law of the country asks for, and nothing else.

use chrono::{Datelike as _, NaiveDate};

use super::details::{Birth, Details, Document, Subject};
use crate::content::forbidden;
use crate::platform::files::kinds::Kind;
use crate::platform::files::upload::{self, Upload};
use crate::platform::text::in_one_line;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::retention::subscriber_laws::{AsksBirth, LAWS, Law};

/// Longest name in characters.
const LONGEST_NAME: usize = 200;
/// Longest address in characters.
const LONGEST_ADDRESS: usize = 500;
/// Longest place of birth in characters.
const LONGEST_PLACE: usize = 100;
/// Longest number of a document in characters.
const LONGEST_NUMBER: usize = 40;

/// What was typed.
#[derive(Clone, Debug, Default)]
pub struct Typed {
    subject: String,
    name: String,
    born_on: String,
    birthplace: String,
    address: String,
    document: String,
    number: String,
}

/// The form that asks for which country; only those with a rule are offered (S49).
pub fn countries() -> Form {
    let choice = |law: &Law| Choice { value: law.country.into(), label: law.name.into(), selected: false };
    let first = Choice { value: String::new(), label: "Choose one".into(), selected: true };
    let all = [first].into_iter().chain(LAWS.iter().map(choice)).collect();
    let hint = "Where the number is. A country that is not on the list asks for no record.";
    Form::new(vec![Field::select("country", "Country of the number", all).hint(hint)])
}

impl Typed {
    /// What a form sent.
    pub fn of(upload: &Upload) -> Self {
        Self {
            subject: upload.text("subject").into(),
            name: upload.text("name").into(),
            born_on: upload.text("born_on").into(),
            birthplace: upload.text("birthplace").into(),
            address: upload.text("address").into(),
            document: upload.text("document").into(),
            number: upload.text("number").into(),
        }
    }

    /// What a record says, to be corrected.
    pub fn again(details: &Details) -> Self {
        let (document, number) = match &details.identification {
            Some((document, number)) => (document.as_str().to_owned(), number.clone()),
            None => (String::new(), String::new()),
        };
        let birth = details.birth.as_ref();
        Self {
            subject: details.subject.as_str().into(),
            name: details.name.clone(),
            born_on: birth.map_or_else(String::new, |birth| birth.on.to_string()),
            birthplace: birth.and_then(|birth| birth.place.clone()).unwrap_or_default(),
            address: details.address.clone(),
            document,
            number,
        }
    }

    /// The form for a country, with what was typed.
    pub fn draw(&self, law: &Law) -> Form {
        let mut fields = vec![Field::hidden("country", law.country)];
        if law.end_users {
            fields.push(Field::select("subject", "Who uses the number?", self.subjects()));
        }
        let name = Field::text("name", "Name").value(&self.name).autocomplete("off");
        fields.push(name.hint("Of the person or the company, as it stands in their papers."));
        if law.birth != AsksBirth::No {
            let on = Field::date("born_on", "Date of birth").value(&self.born_on).autocomplete("off");
            fields.push(on.optional().hint("Of a person. Leave it empty for a company."));
        }
        if law.birth == AsksBirth::DateAndPlace {
            let place = Field::text("birthplace", "Place of birth").value(&self.birthplace);
            let place = place.autocomplete("off").optional();
            fields.push(Field { maxlength: Some(100), ..place.hint("Of a person, as above.") });
        }
        let address = Field::textarea("address", "Physical service address").value(&self.address);
        let address = address
            .autocomplete("off")
            .hint("Where the number is used: street, postal code and place. No post box.");
        fields.push(Field { maxlength: Some(500), ..address });
        if law.identification {
            fields.push(Field::select("document", "Identified by", self.documents()));
            let number = Field::text("number", "Number of it").value(&self.number).autocomplete("off");
            fields.push(Field { maxlength: Some(40), ..number });
        }
        if let Some(proof) = law.proof {
            let sent = upload::field(upload::FIELD, proof.label());
            let hint = format!("{} Up to 5 files of 10 MB each: PDF, PNG, JPEG or WebP.", proof.about());
            fields.push(Field { required: true, ..sent.hint(hint) });
        }
        Form::new(fields)
    }

    fn subjects(&self) -> Vec<Choice> {
        let choice = |subject: Subject| Choice {
            value: subject.as_str().into(),
            label: subject.label().into(),
            selected: subject.as_str() == self.subject,
        };
        [Subject::Customer, Subject::EndUser].into_iter().map(choice).collect()
    }

    fn documents(&self) -> Vec<Choice> {
        let choice = |document: Document| Choice {
            value: document.as_str().into(),
            label: document.label().into(),
            selected: document.as_str() == self.document,
        };
        let none = Document::parse(&self.document).is_none();
        let first = Choice { value: String::new(), label: "Choose one".into(), selected: none };
        [first].into_iter().chain(Document::ALL.into_iter().map(choice)).collect()
    }

    /// What was typed, or what is wrong with it in the form.
    pub fn parse(&self, law: &'static Law, today: NaiveDate, form: &mut Form) -> Option<Details> {
        let subject = if law.end_users { Subject::parse(&self.subject) } else { Some(Subject::Customer) };
        if subject.is_none() {
            form.fail("subject", "Choose who uses the number.");
        }
        let name = line(&self.name, 2..=LONGEST_NAME);
        if name.is_none() {
            form.fail("name", "Enter a name of 2 to 200 characters.");
        }
        let birth = self.birth(law, today, form);
        let address = lines(&self.address);
        if address.is_none() {
            form.fail("address", "Enter street, postal code and place, in 10 to 500 characters.");
        }
        // Not the number of a paper, which may look like that of a card.
        let place = birth.as_ref().and_then(|birth| birth.place.clone());
        for (field, told) in [("name", &name), ("birthplace", &place), ("address", &address)] {
            if let Some(why) = told.as_deref().and_then(forbidden::why) {
                form.fail(field, why);
            }
        }
        let identification = if law.identification { self.identification(form) } else { None };
        if form.has_errors() {
            return None;
        }
        Some(Details { law, subject: subject?, name: name?, address: address?, birth, identification })
    }

    /// Of a company there is none, and of a person all that the law asks for.
    fn birth(&self, law: &Law, today: NaiveDate, form: &mut Form) -> Option<Birth> {
        let asks_place = law.birth == AsksBirth::DateAndPlace;
        let place = if asks_place { self.birthplace.trim() } else { "" };
        if law.birth == AsksBirth::No || (self.born_on.trim().is_empty() && place.is_empty()) {
            return None;
        }
        let on = self.born_on.trim().parse::<NaiveDate>().ok();
        let on = on.filter(|on| on.year() >= 1900 && *on <= today);
        if on.is_none() {
            form.fail("born_on", "Enter the day on which the person was born.");
        }
        let place = line(place, 1..=LONGEST_PLACE);
        if asks_place && place.is_none() {
            form.fail("birthplace", "Enter the place of birth, in up to 100 characters.");
        }
        on.map(|on| Birth { on, place })
    }

    fn identification(&self, form: &mut Form) -> Option<(Document, String)> {
        let document = Document::parse(&self.document);
        if document.is_none() {
            form.fail("document", "Choose by what they are identified.");
        }
        let number = line(&self.number, 3..=LONGEST_NUMBER);
        if number.is_none() {
            form.fail("number", "Enter its number, in 3 to 40 characters.");
        }
        Some((document?, number?))
    }
}

fn line(typed: &str, length: std::ops::RangeInclusive<usize>) -> Option<String> {
    let text = in_one_line(typed);
    let fits = length.contains(&text.chars().count()) && !text.chars().any(char::is_control);
    fits.then_some(text)
}

fn lines(typed: &str) -> Option<String> {
    let kept: Vec<String> = typed.lines().filter_map(|typed| line(typed, 1..=LONGEST_ADDRESS)).collect();
    let text = kept.join("\n");
    let is_whole = typed.lines().filter(|line| !line.trim().is_empty()).count() == kept.len();
    (is_whole && (10..=LONGEST_ADDRESS).contains(&text.chars().count())).then_some(text)
}

/// Says what is wrong with the files: they have to be there where the law asks for one, as a PDF or pictures.
pub fn judge(law: &Law, upload: &Upload, form: &mut Form) {
    upload.judge(form);
    if law.proof.is_none() {
        return;
    }
    if upload.files.is_empty() && upload.refused.is_empty() {
        form.fail(upload::FIELD, "Send a PDF or a picture along: the law asks for it.");
    }
    if upload.files.iter().any(|file| file.kind == Kind::Text) {
        form.fail(upload::FIELD, "Plain text shows nothing. Send a PDF or a picture.");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::retention::subscriber_laws;

    fn today() -> NaiveDate {
        NaiveDate::from_ymd_opt(2026, 11, 30).unwrap()
    }

    fn typed() -> Typed {
        Typed {
            subject: "end_user".into(),
            name: "  Martha   Keel ".into(),
            born_on: "1980-02-03".into(),
            birthplace: " La Chaux-de-Fonds ".into(),
            address: "Gasse 1\r\n\r\n 8001  Zürich ".into(),
            document: "passport".into(),
            number: "X1234567".into(),
        }
    }

    #[test]
    fn a_country_asks_for_what_its_law_names_and_nothing_else() {
        for law in LAWS {
            let names: Vec<&str> = typed().draw(law).fields.iter().map(|field| field.name).collect();
            assert_eq!(names.contains(&"subject"), law.end_users, "{}", law.name);
            assert_eq!(names.contains(&"number"), law.identification, "{}", law.name);
            assert_eq!(names.contains(&upload::FIELD), law.proof.is_some(), "{}", law.name);
            assert_eq!(names.contains(&"born_on"), law.birth != AsksBirth::No, "{}", law.name);
            assert_eq!(names.contains(&"birthplace"), law.birth == AsksBirth::DateAndPlace, "{}", law.name);
            let mut form = typed().draw(law);
            let details = typed().parse(law, today(), &mut form).unwrap();
            let place = details.birth.as_ref().and_then(|birth| birth.place.as_deref());
            assert_eq!(details.birth.is_some(), law.birth != AsksBirth::No, "nothing more is kept");
            assert_eq!(place, (law.birth == AsksBirth::DateAndPlace).then_some("La Chaux-de-Fonds"));
            assert_eq!(details.identification.is_some(), law.identification, "nothing more is kept");
            assert_eq!(details.subject == Subject::EndUser, law.end_users, "{}", law.name);
            assert_eq!(
                (details.name.as_str(), details.address.as_str()),
                ("Martha Keel", "Gasse 1\n8001 Zürich")
            );
        }
    }

    #[test]
    fn everything_that_is_wrong_is_said_at_once() {
        let law = subscriber_laws::of("CH").unwrap();
        let empty = Typed::default();
        let mut form = empty.draw(law);
        assert_eq!(empty.parse(law, today(), &mut form), None);
        judge(law, &Upload::default(), &mut form);
        let wrong: Vec<&str> = form.errors().iter().map(|field| field.name).collect();
        assert_eq!(wrong, ["subject", "name", "address", "document", "number", upload::FIELD]);
        let hidden = Typed { address: "Street 1\u{7}\n8001 Zürich".into(), ..typed() };
        assert_eq!(hidden.parse(law, today(), &mut hidden.draw(law)), None, "a control character");
    }

    #[test]
    fn a_company_was_never_born_and_of_a_person_all_is_asked() {
        let law = subscriber_laws::of("FR").unwrap();
        let told = |born_on: &str, birthplace: &str| {
            let typed = Typed { born_on: born_on.into(), birthplace: birthplace.into(), ..typed() };
            let mut form = typed.draw(law);
            let details = typed.parse(law, today(), &mut form);
            let wrong: Vec<&str> = form.errors().iter().map(|field| field.name).collect();
            (details.map(|details| details.birth.is_some()), wrong)
        };
        assert_eq!(told("", ""), (Some(false), vec![]));
        assert_eq!(told("2026-11-30", "Paris"), (Some(true), vec![]), "today");
        assert_eq!(told("2026-12-01", "Paris"), (None, vec!["born_on"]));
        assert_eq!(told("1899-12-31", "Paris"), (None, vec!["born_on"]));
        assert_eq!(told("3 February", ""), (None, vec!["born_on", "birthplace"]));
        assert_eq!(told("1980-02-03", ""), (None, vec!["birthplace"]));
    }
}
