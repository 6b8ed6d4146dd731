//! Proposing a partner: the form.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{desk, path};
use crate::identity::people::{misleads, parse_email};
use crate::platform::app::App;
use crate::platform::text::in_one_line;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::preferences::partners::{self, Draft};
use crate::staff::permissions::PlansCampaigns;

/// Longest name, words and address, in characters, as the database has them.
const LONGEST_NAME: usize = 200;
const LONGEST_WORDS: usize = 300;
const LONGEST_URL: usize = 500;

/// What the form of a partner sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct PartnerForm {
    name: String,
    sends: String,
    policy_url: String,
    contact_email: String,
}

impl PartnerForm {
    fn draw(&self) -> Form {
        let mut sends = Field::textarea("sends", "What it would send").value(&self.sends).hint(
            "As people read it before they say yes, such as: offers for repair tools, at most once a month.",
        );
        sends.maxlength = Some(u32::try_from(LONGEST_WORDS).expect("a small number"));
        let mut url = Field::text("policy_url", "Its privacy policy").value(&self.policy_url);
        url.maxlength = Some(u32::try_from(LONGEST_URL).expect("a small number"));
        Form::new(vec![
            Field::text("name", "Name").value(&self.name).hint("The company that would have the addresses."),
            sends,
            url.hint("Its address, which begins with https://."),
            Field::email("contact_email", "Where we tell it to stop")
                .value(&self.contact_email)
                .autocomplete("off")
                .hint("A mailbox that somebody there reads. It is told which addresses to forget."),
        ])
    }

    fn parse(&self) -> Result<Draft, Form> {
        let mut form = self.draw();
        for (name, value, longest, missing) in [
            ("name", &self.name, LONGEST_NAME, "Give its name."),
            ("sends", &self.sends, LONGEST_WORDS, "Say what it would send."),
            ("policy_url", &self.policy_url, LONGEST_URL, "Give the address of its privacy policy."),
        ] {
            if value.trim().is_empty() {
                form.fail(name, missing);
            } else if value.trim().chars().count() > longest {
                form.fail(name, format!("At most {longest} characters."));
            } else if misleads(&in_one_line(value)) {
                form.fail(name, "Control characters do not belong here.");
            }
        }
        let policy_url = self.policy_url.trim();
        if !policy_url.is_empty() && !is_secure(policy_url) {
            form.fail("policy_url", "An address that begins with https:// and has no spaces.");
        }
        let contact_email = match parse_email(&self.contact_email) {
            Ok(email) => email,
            Err(message) => {
                form.fail("contact_email", message);
                String::new()
            }
        };
        if form.has_errors() {
            return Err(form);
        }
        let (name, sends) = (in_one_line(&self.name), in_one_line(&self.sends));
        Ok(Draft { name, sends, policy_url: policy_url.to_owned(), contact_email })
    }
}

/// Whether it is the address of a page by https.
fn is_secure(url: &str) -> bool {
    let host = url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?', '#']).next());
    host.is_some_and(|host| host.contains('.')) && !url.contains(char::is_whitespace)
}

#[derive(askama::Template)]
#[template(path = "preferences/partners/new.html")]
struct NewPage {
    page: Page,
    form: Form,
}

fn new_page(request: &HttpRequest, form: Form) -> NewPage {
    NewPage { page: Page::of(request, "Propose a partner"), form }
}

/// `GET /staff/partners/new`
pub async fn new(request: HttpRequest, _who: Staff<PlansCampaigns>) -> WebResult {
    pages::ok(&new_page(&request, PartnerForm::default().draw()))
}

/// `POST /staff/partners/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PlansCampaigns>,
    typed: web::Form<PartnerForm>,
) -> WebResult {
    match typed.parse() {
        Ok(draft) => {
            let id = partners::propose(&app, &desk(&who), &draft).await?;
            flash::success(
                &request,
                "The partner is proposed. Nobody is asked before a colleague publishes it.",
            );
            Ok(see_other(&path(id)))
        }
        Err(form) => pages::unprocessable(&new_page(&request, form)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_say_yes_to_reads_as_it_is() {
        let form = |name: &str| PartnerForm {
            name: name.into(),
            sends: "Offers for repair tools,\r\nonce a month.".into(),
            policy_url: "https://toolshed.example/privacy".into(),
            contact_email: "privacy@toolshed.example".into(),
        };
        let draft = form(" Tool\r\nShed").parse().unwrap();
        assert_eq!(draft.name, "Tool Shed");
        assert_eq!(draft.sends, "Offers for repair tools, once a month.");
        for name in ["Tool\u{202e}dehS", "Tool\u{7}Shed", "Tool\0Shed"] {
            assert!(form(name).parse().is_err(), "{name:?}");
        }
    }

    #[test]
    fn only_a_page_by_https_is_a_policy() {
        assert!(is_secure("https://example.com/privacy?x=1"));
        for other in
            ["http://example.com", "https://", "https://x y.com", "javascript:alert(1)", "example.com"]
        {
            assert!(!is_secure(other), "{other}");
        }
    }
}
