//! The second step of the form for one product: what a wish deletes, what it leaves and what it costs, before it is
//! saved (S109).

use actix_web::HttpRequest;

use super::decisions::{Wish, dollars, price, words};
use super::web::monthly_cents;
use super::{Choice, queries};
use crate::accounts::frame::Frame;
use crate::accounts::guard::Member;
use crate::accounts::permissions::DecidesStorage;
use crate::content::products::Product;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::forms::Form;
use crate::platform::web::pages::Page;

#[derive(askama::Template)]
#[template(path = "content/storage/confirm.html")]
pub(super) struct ConfirmPage {
    page: Page,
    frame: Frame,
    form: Form,
    path: String,
    /// The form again, with what was typed.
    back: String,
    question: String,
    goes: Vec<String>,
    stays: Vec<String>,
    cost: Option<String>,
    deletes: bool,
}

/// The page that asks whether a wish is meant.
///
/// # Errors
/// What the database says.
pub(super) async fn page(
    app: &App,
    request: &HttpRequest,
    member: &Member<DecidesStorage>,
    (present, wish): (&Choice, &Wish),
    form: Form,
) -> Result<ConfirmPage, AppError> {
    let (account, product, now) = (&member.account, wish.product, app.clock.now());
    let mut conn = app.db.get().await?;
    let records = queries::count(&mut conn, account.id, product, now).await?;
    let shortens = wish.shortens(present);
    let due = if shortens { queries::due(&mut conn, account.id, wish, now).await? } else { 0 };
    let (goes, stays) =
        if shortens { (going(wish, due), staying(wish, records - due)) } else { Default::default() };
    let cost = (wish.price_cents() > 0).then(|| {
        let monthly = dollars(monthly_cents(product, records));
        format!(
            "{}. At the present {} that is {monthly} a month.",
            price(wish.price_cents()),
            counted(records)
        )
    });
    let frame = Frame::of(request, account);
    let kept = words(wish.stored, wish.days);
    let path = account.path(&format!("/storage/{}", product.as_str()));
    Ok(ConfirmPage {
        page: frame.page(request, product.label()),
        frame,
        form,
        back: format!("{path}?stored={}&days={}", if wish.stored { "on" } else { "" }, wish.days),
        path,
        question: format!("{}: {kept}?", product.label()),
        goes,
        stays,
        cost,
        deletes: due > 0,
    })
}

fn counted(records: i64) -> String {
    match records {
        0 => "no records".into(),
        1 => "1 record".into(),
        records => format!("{records} records"),
    }
}

/// What a wish deletes, and when.
fn going(wish: &Wish, due: i64) -> Vec<String> {
    let due = if due == 0 { "No records".to_owned() } else { counted(due) };
    match (wish.stored, wish.product) {
        (true, _) => vec![format!("{due} by the next sweep, in the night")],
        (false, Product::CommunicationBodies) => {
            vec![format!("{due} at once"), "What programs send from now on: it is dropped".into()]
        }
        (false, product) => {
            let mut goes = vec![
                format!("{due} by the next sweep, in the night"),
                "What programs send from now on: it is refused".into(),
            ];
            if product == Product::Communications {
                goes.insert(1, "Their bodies with them".into());
            }
            goes
        }
    }
}

/// What a wish leaves.
fn staying(wish: &Wish, others: i64) -> Vec<String> {
    match (wish.stored, wish.product) {
        (true, _) if others > 0 => {
            vec![format!("{} until they are {} old", counted(others), words(true, wish.days))]
        }
        (false, Product::CommunicationBodies) => {
            vec!["The communications themselves: who, when and how it went".into()]
        }
        _ => Vec::new(),
    }
}
