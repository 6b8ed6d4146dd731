//! Home after sign-in: who somebody is, what they own, and a check-up of their security (S136, S140).
//!
//! The page is the most visited one, so what it shows to most comes in the statement that loads the session. One more is
//! only for who has a second factor, and while any account is suspended.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Bool, Nullable, Record, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl;

use crate::platform::app::App;
use crate::platform::ids::{AccountId, PersonId, SuspensionId};
use crate::platform::web::caller::describe_browser;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Banner, Page, WebResult, day, moment};
use crate::platform::web::session;
use crate::trust::suspensions::Level;

/// From so few recovery codes on, new ones are recommended.
const FEW_CODES: i64 = 3;

/// A suspension that was not ended: the account and its name, the suspension, its level as it is stored, and until when.
type OpenSuspension = (AccountId, String, SuspensionId, String, Option<DateTime<Utc>>);

/// What only some are shown.
#[derive(Default, Queryable)]
struct Extra {
    /// Recovery codes left.
    codes: i64,
    /// Whether the slow way back in is allowed.
    slow_lane: bool,
    /// Suspensions of the accounts that they are in.
    suspensions: Vec<OpenSuspension>,
}

/// The statement for [`Extra`], written out so that Postgres prepares it once for each connection.
#[derive(QueryId)]
struct ExtraOf(PersonId);

impl Query for ExtraOf {
    type SqlType = (BigInt, Bool, Array<Record<(SqlUuid, Text, SqlUuid, Text, Nullable<Timestamptz>)>>);
}

impl QueryFragment<Pg> for ExtraOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT (SELECT count(*) FROM recovery_codes WHERE person_id = p.id AND used_at IS NULL), \
             EXISTS (SELECT FROM recovery_optins WHERE person_id = p.id), \
             ARRAY(SELECT ROW(a.id, a.name, u.id, u.level, u.expires_at) FROM accounts a JOIN suspensions u ON u.account_id = a.id \
             WHERE u.ended_at IS NULL AND a.id IN (SELECT id FROM accounts WHERE owner_id = p.id \
             UNION ALL SELECT account_id FROM account_members WHERE person_id = p.id) ORDER BY u.id) \
             FROM people p WHERE p.id = ",
        );
        out.push_bind_param::<SqlUuid, _>(&self.0)
    }
}

struct Account {
    sid: String,
    name: String,
}

struct SignIn {
    iso: String,
    at: String,
    browser: String,
    country: String,
}

/// One line of the check-up.
struct Check {
    kind: &'static str,
    state: &'static str,
    title: &'static str,
    text: String,
    href: &'static str,
    action: &'static str,
}

#[derive(askama::Template)]
#[template(path = "identity/overview/show.html")]
struct ShowPage {
    page: Page,
    name: String,
    email: String,
    phone: Option<String>,
    work: Option<String>,
    since: String,
    accounts: Vec<Account>,
    checks: Vec<Check>,
    sign_ins: Vec<SignIn>,
    recovery_requested: bool,
}

/// `GET /settings`
pub async fn show(app: web::Data<App>, request: HttpRequest, who: SignedIn) -> WebResult {
    let Some(facts) = session::take_overview(&request) else {
        // The address was written in another way, as with `%73` for an `s`.
        return Ok(pages::see_other("/settings"));
    };
    let extra: Extra = match who.has_second_factor() || facts.any_suspended {
        true => ExtraOf(who.person).get_result(&mut *app.db.get().await?).await?,
        false => Extra::default(),
    };
    let mut page = Page::of(&request, "Overview");
    // The check-up says it in full.
    page.banners.retain(|banner| banner.href != "/settings/two-factor");
    page.banners.splice(0..0, suspensions(&extra.suspensions, app.clock.now()));
    pages::ok(&ShowPage {
        page,
        work: work(facts.role.as_deref(), facts.company.as_deref()),
        since: day(&facts.created_at),
        checks: checks(&who, &extra, facts.password_changed_at.as_ref()),
        name: who.name.clone(),
        email: who.email.clone(),
        phone: facts.phone,
        accounts: facts
            .accounts
            .into_iter()
            .map(|(id, name)| Account { sid: id.to_string(), name })
            .collect(),
        sign_ins: facts.sign_ins.into_iter().map(sign_in).collect(),
        recovery_requested: facts.recovery_requested,
    })
}

/// What was decided about the accounts that somebody is in (S128): the highest of each.
fn suspensions(open: &[OpenSuspension], now: DateTime<Utc>) -> Vec<Banner> {
    let in_force = open.iter().filter(|(.., until)| until.is_none_or(|until| now < until));
    let mut of_account: BTreeMap<AccountId, (Level, Banner)> = BTreeMap::new();
    for (account, name, id, level, _) in in_force {
        let Some(level) = Level::parse(level) else { continue };
        if of_account.get(account).is_none_or(|(highest, _)| *highest <= level) {
            let message = format!("{}. {}", level.headline(name), level.about());
            let href = format!("/accounts/{account}/suspensions/{id}");
            let action = "Why, what still works, and how to appeal".into();
            of_account.insert(*account, (level, Banner { kind: level.badge(), message, href, action }));
        }
    }
    of_account.into_values().map(|(_, banner)| banner).collect()
}

fn work(role: Option<&str>, company: Option<&str>) -> Option<String> {
    match (role, company) {
        (Some(role), Some(company)) => Some(format!("{role}, {company}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

fn sign_in((at, browser, country): (DateTime<Utc>, Option<String>, Option<String>)) -> SignIn {
    SignIn {
        iso: at.to_rfc3339_opts(SecondsFormat::Secs, true),
        at: moment(&at),
        browser: describe_browser(browser.as_deref().unwrap_or_default()),
        country: country.unwrap_or_else(|| "Unknown country".into()),
    }
}

fn checks(who: &SignedIn, extra: &Extra, password_changed: Option<&DateTime<Utc>>) -> Vec<Check> {
    let mut all = vec![second_factor(who)];
    // Ways back in without the second factor are for who has one.
    if who.has_second_factor() {
        all.push(codes(extra.codes));
        all.push(slow_lane(extra.slow_lane));
    }
    all.push(password(password_changed));
    all
}

fn second_factor(who: &SignedIn) -> Check {
    let (title, href) = (
        "Second factor",
        if who.has_totp || !who.has_passkey { "/settings/two-factor" } else { "/settings/passkeys" },
    );
    if who.has_second_factor() {
        let text = match (who.has_totp, who.has_passkey) {
            (true, true) => "An authenticator app and a passkey protect your account.",
            (true, false) => "An authenticator app protects your account.",
            _ => "A passkey protects your account.",
        };
        return Check { kind: "success", state: "On", title, text: text.into(), href, action: "Manage" };
    }
    let text = "Your account is protected by a password alone. A second factor keeps others out even if they learn it.";
    Check { kind: "warning", state: "Off", title, text: text.into(), href, action: "Set up" }
}

fn codes(left: i64) -> Check {
    let (kind, state, text) = match left {
        0 => ("danger", "None left", "Without your second factor you could not get in.".into()),
        1 => ("warning", "Few left", "One code is left. Make new ones before it is used.".into()),
        few if few <= FEW_CODES => {
            ("warning", "Few left", format!("{few} codes are left. Make new ones before they are used."))
        }
        left => ("success", "Ready", format!("{left} codes are left for a day without your second factor.")),
    };
    Check {
        kind,
        state,
        title: "Recovery codes",
        text,
        href: "/settings/recovery-codes",
        action: "Make new codes",
    }
}

fn slow_lane(open: bool) -> Check {
    let (kind, state, text) = if open {
        ("success", "On", "If you lose factor and codes, you can get back in after 72 hours.")
    } else {
        ("", "Off", "You can allow a slow way back in, for the day you lose factor and codes.")
    };
    Check {
        kind,
        state,
        title: "Account recovery",
        text: text.into(),
        href: "/settings/account-recovery",
        action: "Manage",
    }
}

fn password(changed: Option<&DateTime<Utc>>) -> Check {
    let text =
        changed.map_or_else(|| "You have not set one.".into(), |at| format!("Last changed on {}.", day(at)));
    let (kind, state) = if changed.is_some() { ("success", "Set") } else { ("warning", "Not set") };
    Check { kind, state, title: "Password", text, href: "/settings/password", action: "Change" }
}
