//! The form for one product. What would cost extra or delete something is said first and saved only when it is sent
//! again with that in sight (S109); nothing that was typed is lost on the way.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use uuid::Uuid;

use super::decisions::{self, Decider, Decision, Wish, price, words};
use super::{Choice, confirmation, present_of};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Member, RecentChanger};
use crate::accounts::permissions::DecidesStorage;
use crate::content::products::Product;
use crate::identity::people::ticked;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::AccountId;
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::pages::{self, Page, WebResult, see_other};

/// What the form sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct StorageForm {
    stored: String,
    days: String,
    /// The choice that the page showed.
    seen: String,
    /// The price that was shown and accepted, in cents.
    accept_price: String,
    /// Set by the second step.
    confirmed: String,
}

impl StorageForm {
    fn of(choice: &Choice) -> Self {
        let stored = if choice.stored { "on".into() } else { String::new() };
        Self { stored, days: choice.days.to_string(), seen: named(choice), ..Self::default() }
    }

    fn draw(&self, product: Product) -> Form {
        let (included, counts_from) = (product.included_days(), product.counts_from());
        let (label, longest) = (product.label(), Product::LONGEST_DAYS);
        Form::new(vec![
            Field::checkbox("stored", &format!("Store {}", label.to_lowercase()), ticked(&self.stored))
                .optional(),
            Field { maxlength: Some(10), ..Field::text("days", "Days") }.value(&self.days).hint(format!(
                "1 to {longest}, counted from {counts_from}. {included} days are included; more cost {}.",
                price(product.extended_price_cents())
            )),
            Field::hidden("seen", &self.seen),
        ])
    }

    fn parse(&self, product: Product) -> Result<Wish, Form> {
        let days = self.days.trim().parse().ok();
        match days.filter(|days| (1..=Product::LONGEST_DAYS).contains(days)) {
            Some(days) => Ok(Wish { product, stored: ticked(&self.stored), days }),
            None => {
                let mut form = self.draw(product);
                form.fail("days", format!("Enter a number of days from 1 to {}.", Product::LONGEST_DAYS));
                Err(form)
            }
        }
    }

    /// The second step: what was typed, out of sight, and the price to accept.
    fn draw_confirmation(&self, wish: &Wish) -> Form {
        let mut fields = vec![
            Field::hidden("stored", if wish.stored { "on" } else { "" }),
            Field::hidden("days", &wish.days.to_string()),
            Field::hidden("seen", &self.seen),
            Field::hidden("confirmed", "yes"),
        ];
        let cents = wish.price_cents();
        if cents > 0 {
            let label = format!("I accept {}", price(cents));
            let accepted = self.accept_price == cents.to_string();
            fields.push(Field::checkbox("accept_price", &label, accepted).value(cents.to_string()));
        }
        Form::new(fields)
    }
}

/// How the form names a choice.
fn named(choice: &Choice) -> String {
    choice.id.map_or_else(|| "usual".into(), |id| id.to_string())
}

#[derive(askama::Template)]
#[template(path = "content/storage/edit.html")]
struct EditPage {
    page: Page,
    frame: Frame,
    form: Form,
    product: &'static str,
    is_bodies: bool,
    holds: String,
}

fn edit_page(
    request: &HttpRequest,
    member: &Member<DecidesStorage>,
    present: &Choice,
    form: Form,
) -> EditPage {
    let frame = Frame::of(request, &member.account);
    let product = present.product.label();
    EditPage {
        page: frame.page(request, product),
        frame,
        form,
        product,
        is_bodies: present.product == Product::CommunicationBodies,
        holds: words(present.stored, present.days),
    }
}

type ProductPath = web::Path<(AccountId, String)>;

fn product_of(path: &ProductPath) -> Result<Product, AppError> {
    Product::parse(&path.1).ok_or(AppError::NotFound)
}

/// What was typed before, on the way back from the second step.
#[derive(Debug, Default, Deserialize)]
pub struct Typed {
    stored: Option<String>,
    days: Option<String>,
}

/// `GET /accounts/{account}/storage/{product}`
pub async fn edit(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentChanger<DecidesStorage>,
    path: ProductPath,
    typed: web::Query<Typed>,
) -> WebResult {
    let product = product_of(&path)?;
    let present = present_of(&mut *app.db.get().await?, member.account.id, product).await?;
    let holds = StorageForm::of(&present);
    let typed = typed.into_inner();
    let (stored, days) = (typed.stored.unwrap_or(holds.stored), typed.days.unwrap_or(holds.days));
    let form = StorageForm { stored, days, seen: holds.seen, ..StorageForm::default() }.draw(product);
    pages::ok(&edit_page(&request, &member, &present, form))
}

/// `POST /accounts/{account}/storage/{product}`
pub async fn update(
    app: web::Data<App>,
    request: HttpRequest,
    member: RecentChanger<DecidesStorage>,
    path: ProductPath,
    typed: web::Form<StorageForm>,
) -> WebResult {
    let product = product_of(&path)?;
    let present = present_of(&mut *app.db.get().await?, member.account.id, product).await?;
    let wish = match typed.parse(product) {
        Ok(wish) => wish,
        Err(form) => return pages::unprocessable(&edit_page(&request, &member, &present, form)),
    };
    let is_fresh = typed.seen == named(&present) && !wish.is(&present);
    if is_fresh && (wish.shortens(&present) || wish.price_cents() > 0) && !ticked(&typed.confirmed) {
        let form = typed.draw_confirmation(&wish);
        return pages::ok(&confirmation::page(&app, &request, &member, (&present, &wish), form).await?);
    }
    decide(&app, &request, &member, (&present, &wish), &typed).await
}

async fn decide(
    app: &App,
    request: &HttpRequest,
    member: &Member<DecidesStorage>,
    (present, wish): (&Choice, &Wish),
    typed: &StorageForm,
) -> WebResult {
    let from = member.caller.circumstances();
    // What is no choice at all was never shown, so it is never the present one.
    let seen = if typed.seen == "usual" { None } else { Some(typed.seen.parse().unwrap_or(Uuid::nil())) };
    let accepted_cents = typed.accept_price.parse().ok();
    let decider = Decider { actor: member.actor(), words: &member.name, from: &from, seen, accepted_cents };
    match decisions::decide(app, member.account.id, wish, &decider).await? {
        Decision::Made(choice) => Ok(done(request, member, &choice)),
        Decision::Same(_) => {
            flash::info(request, "Nothing was different, so nothing was changed.");
            Ok(see_other(&member.account.path("/storage")))
        }
        Decision::Priced(_) => {
            let mut form = typed.draw_confirmation(wish);
            form.fail("accept_price", "Tick the box to accept the price, or go back and choose fewer days.");
            pages::unprocessable(&confirmation::page(app, request, member, (present, wish), form).await?)
        }
        Decision::Overtaken(holds) => {
            // What was typed stays; what holds now is what the form is about from here on.
            let typed = StorageForm {
                stored: typed.stored.clone(),
                days: typed.days.clone(),
                ..StorageForm::of(&holds)
            };
            let mut form = typed.draw(wish.product);
            form.fail_whole(format!(
                "Somebody else decided meanwhile, so yours was not saved. Now it is: {}.",
                words(holds.stored, holds.days)
            ));
            pages::unprocessable(&edit_page(request, member, &holds, form))
        }
    }
}

fn done(request: &HttpRequest, member: &Member<DecidesStorage>, choice: &Choice) -> HttpResponse {
    let kept = words(choice.stored, choice.days);
    flash::success(request, format!("{}: {kept}, from now on.", choice.product.label()));
    see_other(&member.account.path("/storage"))
}
