//! Showing that it is them: the code from the mailbox, then two further things.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{find, find_shown, page, path, requester};
use crate::platform::app::App;
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::pages::{WebResult, see_other};
use crate::privacy::data_requests::kinds::Kind;
use crate::privacy::data_requests::states;
use crate::privacy::data_requests::verification::{self, Outcome, Told};

pub(super) fn code_form() -> Form {
    Form::new(vec![Field::code("code", "Code").hint("The six digits in our other mail to you.").focused()])
}

pub(super) fn told_form(kind: Kind, told: &Told) -> Form {
    let choice = |value: &str, label: &str| Choice {
        value: value.into(),
        label: label.into(),
        selected: told.disputed == value,
    };
    let mut fields = vec![
        Field::text("name", "Your full name").value(&told.name).optional().autocomplete("name"),
        Field::tel("phone", "Your telephone number").value(&told.phone).optional(),
        Field::text("company", "Your company").value(&told.company).optional().autocomplete("organization"),
        Field::text("account", "The SID of an account of yours")
            .value(&told.account)
            .optional()
            .autocomplete("off")
            .hint("It begins with AC."),
    ];
    if kind == Kind::Correction {
        let options = vec![
            choice("", "Something else"),
            choice("name", "The name"),
            choice("phone", "The telephone number"),
            choice("company", "The company"),
        ];
        let field = Field::select("disputed", "Which of these do you say is wrong with us?", options);
        fields.push(field.optional().hint("It does not count as one of the two."));
    }
    Form::new(fields)
}

/// What the form of the code sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct CodeForm {
    code: String,
}

/// `POST /privacy/requests/links/{token}/code`
pub async fn show_code(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    typed: web::Form<CodeForm>,
) -> WebResult {
    let found = find(&app, &token).await?;
    let wrong = match verification::try_code(&app, &requester(&request), &found, &typed.code).await? {
        Ok(true) => {
            flash::success(&request, "The mailbox is yours.");
            return Ok(see_other(&path(&token)));
        }
        Ok(false) => "This is not the code, or it is older than a day. Look into our newest mail.",
        Err(states::Refusal::Tries) => {
            "There were enough tries for this request. Ask anew, or write to info@lossexpress.com."
        }
        Err(_) => return Ok(see_other(&path(&token))),
    };
    let mut form = code_form();
    form.fail("code", wrong);
    page(&app, &request, &token, &found, Some(form)).await
}

/// `POST /privacy/requests/links/{token}/codes`: another code.
pub async fn send_code(app: web::Data<App>, request: HttpRequest, token: web::Path<String>) -> WebResult {
    let found = find(&app, &token).await?;
    verification::send_another(&app, &found).await?;
    flash::success(&request, "A new code is on its way. Only the newest works.");
    Ok(see_other(&path(&token)))
}

/// What the form of further things sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ToldForm {
    name: String,
    phone: String,
    company: String,
    account: String,
    disputed: String,
}

/// `POST /privacy/requests/links/{token}/data`
pub async fn show_data(
    app: web::Data<App>,
    request: HttpRequest,
    token: web::Path<String>,
    typed: web::Form<ToldForm>,
) -> WebResult {
    let found = find_shown(&app, &token).await?;
    let ToldForm { name, phone, company, account, disputed } = typed.into_inner();
    let told = Told { name, phone, company, account, disputed };
    match verification::try_data(&app, &requester(&request), &found, &told).await? {
        Ok(Outcome::Verified) => flash::success(&request, "Thank you. We know now that it is you."),
        Ok(Outcome::Recast) => flash::info(
            &request,
            "We could not make sure that it is you, so we tell you the categories of data and nothing specific.",
        ),
        Ok(Outcome::Again) => {
            let mut form = told_form(found.kind(), &told);
            form.fail_whole("Two of these have to match what we know, and they do not. Look for typing errors, and try again.");
            return page(&app, &request, &token, &found, Some(form)).await;
        }
        Ok(Outcome::Enough) | Err(_) => {
            let mut form = told_form(found.kind(), &told);
            form.fail_whole("There were enough tries. Write to info@lossexpress.com and name the number of the request: our privacy team looks at it.");
            return page(&app, &request, &token, &found, Some(form)).await;
        }
    }
    Ok(see_other(&path(&token)))
}
