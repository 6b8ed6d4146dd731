//! The list of rules, and the register of signals.

use actix_web::{HttpRequest, web};
use chrono::Duration;

use super::PATH;
use crate::platform::app::App;
use crate::platform::ids::RuleId;
use crate::platform::web::guards::Staff;
use crate::platform::web::pages::{self, Page, WebResult};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::staff::permissions::TunesRules;
use crate::trust::rules::Mode;
use crate::trust::rules::bound::{self, BOUND, Record};
use crate::trust::rules::figures::{self, Listed};
use crate::trust::signals::{SIGNALS, Signal};

struct Line {
    rule: RuleId,
    mode: Mode,
    row: Listed,
    /// How the last appeals against it were decided.
    record: Record,
    /// Length of each bar, 0 to 100.
    bars: [i64; 3],
}

#[derive(askama::Template)]
#[template(path = "trust/rules/index.html")]
struct IndexPage {
    page: Page,
    lines: Vec<Line>,
    /// So many of a hundred appeals may be shortened or lifted.
    bound: i64,
    pager: Pager,
}

/// `GET /staff/rules`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<TunesRules>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let since = app.clock.now() - Duration::days(30);
    let mut conn = app.db.get().await?;
    let rows = figures::list(&mut conn, keyset.window(), since).await?;
    let (rows, pager) = keyset.page(rows, |row| row.id, PATH, "");
    let most = rows.iter().map(|row| row.noted.max(row.alerts).max(row.restrictions)).max();
    let most = most.unwrap_or(0).max(1);
    let mut lines = Vec::new();
    for row in rows {
        let rule = RuleId(row.id);
        lines.push(Line {
            rule,
            mode: Mode::parse(&row.mode).expect("the database keeps to the modes"),
            bars: [row.noted, row.alerts, row.restrictions]
                .map(|count| (count * 100 / most).max(i64::from(count > 0))),
            record: bound::record(&mut conn, rule).await?,
            row,
        });
    }
    pages::ok(&IndexPage { page: Page::of(&request, "Rules"), lines, bound: BOUND, pager })
}

#[derive(askama::Template)]
#[template(path = "trust/rules/signals.html")]
struct SignalsPage {
    page: Page,
    signals: &'static [Signal],
}

/// `GET /staff/rules/signals`: everything that a rule can be about, from the register.
pub async fn signals(request: HttpRequest, _who: Staff<TunesRules>) -> WebResult {
    pages::ok(&SignalsPage { page: Page::of(&request, "Signals"), signals: SIGNALS })
}
