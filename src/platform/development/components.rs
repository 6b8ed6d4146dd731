//! `/dev/components`: every component in every state, for whoever works on the design.

use actix_web::HttpRequest;

use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::pages::{self, Page, Step, WebResult};
use crate::platform::web::pagination::Pager;

#[derive(askama::Template)]
#[template(path = "dev/components.html")]
struct ComponentsPage {
    page: Page,
    form: Form,
    form_bad: Form,
    pager: Pager,
    steps: Vec<Step>,
}

fn form() -> Form {
    let choice = |value: &str, selected| Choice { value: value.into(), label: value.into(), selected };
    Form::new(vec![
        Field::text("name", "Full name").value("Ada Lovelace").autocomplete("name"),
        Field::email("email", "E-mail address").hint("We send a link there to confirm it."),
        Field::text("company", "Company").optional(),
        Field::tel("phone", "Mobile number").hint("With country code, as in +49 30 1234567."),
        Field::new_password("password", "Password")
            .hint("At least 15 characters. A few unrelated words are easy to remember."),
        Field::code("code", "Code of your app"),
        Field::select("country", "Country", vec![choice("Germany", true), choice("United States", false)]),
        Field::textarea("reason", "Reason").optional(),
        Field::date("until", "Last day").optional(),
        Field::checkboxes("scopes", "What it may do", vec![choice("Read", true), choice("Write", false)])
            .hint("Tick only what is needed."),
        Field::checkbox("terms", "I accept the terms", true),
    ])
}

fn form_bad() -> Form {
    let mut form = Form::new(vec![
        Field::email("bad-email", "E-mail address").value("ada@example"),
        Field::new_password("bad-password", "Password"),
        Field::checkboxes(
            "bad-scopes",
            "What it may do",
            vec![Choice { value: "Read".into(), label: "Read".into(), selected: false }],
        ),
        Field::checkbox("bad-terms", "I accept the terms", false),
    ]);
    form.fail("bad-email", "The part after the @ lacks its ending, as in .com.");
    form.fail("bad-password", "This is one of the passwords that attackers try first.");
    form.fail("bad-scopes", "Tick at least one thing.");
    form.fail("bad-terms", "Accept the terms to go on.");
    form
}

/// `GET /dev/components`
pub async fn index(request: HttpRequest) -> WebResult {
    let pager = Pager { newer: Some("?after=1".into()), older: Some("?before=2".into()) };
    let steps = Step::list(&["Your details", "E-mail", "Phone"], 1);
    pages::ok(&ComponentsPage {
        page: Page::of(&request, "Components"),
        form: form(),
        form_bad: form_bad(),
        pager,
        steps,
    })
}
