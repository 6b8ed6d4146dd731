//! The page of what is stored: what holds for each product, what it costs, and every decision so far (S107).

use actix_web::{HttpRequest, web};

use super::decisions::{dollars, price, words};
use super::queries::{self, Entry};
use super::{Choice, present};
use crate::accounts::frame::Frame;
use crate::accounts::guard::Member;
use crate::accounts::permissions::{AccountRight, SeesStorage};
use crate::content::products::Product;
use crate::platform::app::App;
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager};

/// What holds for one product, as the page shows it.
struct Row {
    product: &'static str,
    path: String,
    stored: bool,
    kept: String,
    counts_from: &'static str,
    included: String,
    price: String,
    records: i64,
    /// What it costs, or would cost, each month at the present count.
    monthly: String,
    is_extended: bool,
    decided: Option<(String, String, String)>,
}

/// A decision, as the page shows it.
struct Past {
    product: &'static str,
    kept: String,
    price: Option<String>,
    by: String,
    iso: String,
    when: String,
    ended: Option<(String, String)>,
}

/// Who made a decision, in words.
fn by(entry: &Entry) -> String {
    match (entry.decided_by_kind.as_str(), &entry.by) {
        ("customer", Some(name)) => name.clone(),
        ("customer", None) => "somebody who is gone".into(),
        ("program", Some(name)) => format!("a program with the key {name}"),
        ("program", None) => "a program".into(),
        _ => "the portal".into(),
    }
}

impl From<&Entry> for Past {
    fn from(entry: &Entry) -> Self {
        Self {
            product: Product::parse(&entry.product).map_or("", Product::label),
            kept: words(entry.stored, entry.days),
            price: (entry.price_cents > 0).then(|| price(entry.price_cents)),
            by: by(entry),
            iso: entry.decided_at.to_rfc3339(),
            when: moment(&entry.decided_at),
            ended: entry.superseded_at.map(|at| (at.to_rfc3339(), moment(&at))),
        }
    }
}

/// What so many records cost a month, in US cents, rounded up.
pub(super) fn monthly_cents(product: Product, records: i64) -> i64 {
    (records * i64::from(product.extended_price_cents()) + 999) / 1000
}

fn row(choice: &Choice, records: i64, decided: Option<&Entry>, path: String) -> Row {
    let product = choice.product;
    Row {
        product: product.label(),
        path,
        stored: choice.stored,
        kept: words(choice.stored, choice.days),
        counts_from: product.counts_from(),
        included: words(true, product.included_days()),
        price: price(product.extended_price_cents()),
        records,
        monthly: dollars(monthly_cents(product, records)),
        is_extended: choice.price_cents > 0,
        decided: decided.map(|entry| (entry.decided_at.to_rfc3339(), moment(&entry.decided_at), by(entry))),
    }
}

#[derive(askama::Template)]
#[template(path = "content/storage/index.html")]
struct IndexPage {
    page: Page,
    frame: Frame,
    may_decide: bool,
    rows: Vec<Row>,
    history: Vec<Past>,
    is_first_page: bool,
    pager: Pager,
}

/// `GET /accounts/{account}/storage`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    member: Member<SeesStorage>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let (account, now) = (&member.account, app.clock.now());
    let mut conn = app.db.get().await?;
    let in_force = queries::in_force(&mut conn, account.id).await?;
    let mut rows = Vec::new();
    for choice in present(&mut conn, account.id).await? {
        let records = queries::count(&mut conn, account.id, choice.product, now).await?;
        let name = choice.product.as_str();
        let decided = in_force.iter().find(|entry| entry.product == name);
        rows.push(row(&choice, records, decided, account.path(&format!("/storage/{name}"))));
    }
    let history = queries::history(&mut conn, account.id, &keyset).await?;
    let (history, pager) = keyset.page(history, |entry| entry.id, &account.path("/storage"), "");
    let frame = Frame::of(&request, account);
    pages::ok(&IndexPage {
        page: frame.page(&request, "Storage"),
        frame,
        may_decide: AccountRight::DecideStorage.granted_to(account.role),
        rows,
        history: history.iter().map(Past::from).collect(),
        is_first_page: keyset.before.is_none() && keyset.after.is_none(),
        pager,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_charged_by_the_record_and_rounded_up_to_the_cent() {
        let cents = |records| monthly_cents(Product::Claims, records);
        assert_eq!([cents(0), cents(1), cents(1000), cents(1001), cents(1_000_000)], [0, 1, 40, 41, 40_000]);
    }
}
