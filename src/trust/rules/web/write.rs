//! Writing a rule, and a further version of one.

use actix_web::{HttpRequest, web};

use super::{PATH, rule_of};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::flash;
use crate::platform::web::forms::Form;
use crate::platform::web::guards::RecentStaff;
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::staff::permissions::TunesRules;
use crate::trust::rules::draft::RuleForm;
use crate::trust::rules::{self, Version, queries};
use crate::trust::signals::{SIGNALS, Signal};

#[derive(askama::Template)]
#[template(path = "trust/rules/edit.html")]
struct EditPage {
    page: Page,
    title: String,
    /// Where it is sent.
    action: String,
    /// Where nothing is done.
    back: String,
    form: Form,
    signals: &'static [Signal],
}

impl EditPage {
    fn new_rule(request: &HttpRequest, form: Form) -> Self {
        let title = "Write a rule".to_owned();
        let (action, back) = (format!("{PATH}/new"), PATH.to_owned());
        Self { page: Page::of(request, &title), title, action, back, form, signals: SIGNALS }
    }

    fn new_version(request: &HttpRequest, of: &Version, form: Form) -> Self {
        let title = format!("A new version of {}", of.name);
        let back = format!("{PATH}/{}", of.rule);
        let action = format!("{back}/versions/new");
        Self { page: Page::of(request, &title), title, action, back, form, signals: SIGNALS }
    }
}

/// `GET /staff/rules/new`
pub async fn new(request: HttpRequest, _who: RecentStaff<TunesRules>) -> WebResult {
    pages::ok(&EditPage::new_rule(&request, RuleForm::empty().draw(true)))
}

/// `POST /staff/rules/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<TunesRules>,
    typed: web::Form<RuleForm>,
) -> WebResult {
    let form = match typed.parse(true) {
        Ok((name, version)) => match rules::create(&app, &who, &name, &version).await? {
            Ok((rule, number)) => {
                flash::success(
                    &request,
                    "The rule is in shadow: it is noted what it would do, and nobody is touched.",
                );
                return Ok(see_other(&format!("{PATH}/{rule}/versions/{number}")));
            }
            Err(refusal) => {
                let mut form = typed.draw(true);
                form.fail("name", refusal.words());
                form
            }
        },
        Err(form) => form,
    };
    pages::unprocessable(&EditPage::new_rule(&request, form))
}

/// The newest version of the rule in an address.
async fn newest(app: &App, rule: &str) -> Result<Version, AppError> {
    let rule = rule_of(rule)?;
    let versions = queries::versions(&mut *app.db.get().await?, rule, None, 1).await?;
    versions.into_iter().next().ok_or(AppError::NotFound)
}

/// `GET /staff/rules/{rule}/versions/new`: with what the newest version says.
pub async fn new_version(
    app: web::Data<App>,
    request: HttpRequest,
    _who: RecentStaff<TunesRules>,
    rule: web::Path<String>,
) -> WebResult {
    let newest = newest(&app, &rule).await?;
    pages::ok(&EditPage::new_version(&request, &newest, RuleForm::of(&newest).draw(false)))
}

/// `POST /staff/rules/{rule}/versions/new`
pub async fn create_version(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentStaff<TunesRules>,
    rule: web::Path<String>,
    typed: web::Form<RuleForm>,
) -> WebResult {
    let newest = newest(&app, &rule).await?;
    match typed.parse(false) {
        Ok((_, version)) => {
            let number = rules::revise(&app, &who, newest.rule, &version).await?;
            flash::success(&request, "The version is in shadow, beside what acts now.");
            Ok(see_other(&format!("{PATH}/{}/versions/{number}", newest.rule)))
        }
        Err(form) => pages::unprocessable(&EditPage::new_version(&request, &newest, form)),
    }
}
