//! Home after sign-in: who somebody is, what they own, and a check-up of their security (S136, S140).
//!
//! The page is the most visited one, so all it shows comes in one statement beside that of the session.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, SecondsFormat, Utc};
use diesel::dsl::{array, exists};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use crate::platform::app::App;
use crate::platform::db::schema::{
    account_recoveries, accounts, people, recovery_codes, recovery_optins, sign_ins,
};
use crate::platform::ids::AccountId;
use crate::platform::web::caller::describe_browser;
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, day, moment};

/// How many sign-ins are shown.
const SIGN_INS_SHOWN: i64 = 3;
/// From so few recovery codes on, new ones are recommended.
const FEW_CODES: i64 = 3;

/// What one statement brings.
#[derive(Queryable)]
struct Facts {
    company: Option<String>,
    role: Option<String>,
    phone: Option<String>,
    password_changed_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    account_ids: Vec<AccountId>,
    account_names: Vec<String>,
    codes_left: Option<i64>,
    recovery_open: bool,
    recovery_requested: bool,
    sign_in_times: Vec<DateTime<Utc>>,
    sign_in_browsers: Vec<Option<String>>,
    sign_in_countries: Vec<Option<String>>,
}

async fn facts(conn: &mut AsyncPgConnection, who: &SignedIn, now: DateTime<Utc>) -> QueryResult<Facts> {
    let id = who.person;
    let owned = accounts::table.filter(accounts::owner_id.eq(id)).order(accounts::id);
    let recent = sign_ins::table
        .filter(sign_ins::person_id.eq(id).and(sign_ins::outcome.eq("signed_in")))
        .order(sign_ins::id.desc())
        .limit(SIGN_INS_SHOWN);
    let codes =
        recovery_codes::table.filter(recovery_codes::person_id.eq(id).and(recovery_codes::used_at.is_null()));
    let requested = account_recoveries::table
        .filter(account_recoveries::person_id.eq(id))
        .filter(account_recoveries::credential_version.eq(who.credential_version))
        .filter(account_recoveries::cancelled_at.is_null().and(account_recoveries::completed_at.is_null()))
        .filter(account_recoveries::expires_at.gt(now));
    people::table
        .find(id)
        .select((
            people::company,
            people::role,
            people::phone,
            people::password_changed_at,
            people::created_at,
            array(owned.select(accounts::id)),
            array(owned.select(accounts::name)),
            codes.count().single_value(),
            exists(recovery_optins::table.find(id)),
            exists(requested),
            array(recent.select(sign_ins::at)),
            array(recent.select(sign_ins::user_agent)),
            array(recent.select(sign_ins::country)),
        ))
        .first(conn)
        .await
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
    let mut conn = app.db.get().await?;
    let facts = facts(&mut conn, &who, app.clock.now()).await?;
    drop(conn);
    let mut page = Page::of(&request, "Overview");
    // The check-up says it in full.
    page.banners.retain(|banner| banner.href != "/settings/two-factor");
    let named = facts.account_ids.iter().zip(&facts.account_names);
    pages::ok(&ShowPage {
        page,
        name: who.name.clone(),
        email: who.email.clone(),
        phone: facts.phone.clone(),
        work: work(facts.role.as_deref(), facts.company.as_deref()),
        since: day(&facts.created_at),
        accounts: named.map(|(id, name)| Account { sid: id.to_string(), name: name.clone() }).collect(),
        checks: checks(&who, &facts),
        sign_ins: sign_ins_of(&facts),
        recovery_requested: facts.recovery_requested,
    })
}

fn work(role: Option<&str>, company: Option<&str>) -> Option<String> {
    match (role, company) {
        (Some(role), Some(company)) => Some(format!("{role}, {company}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

fn sign_ins_of(facts: &Facts) -> Vec<SignIn> {
    let circumstances = facts.sign_in_browsers.iter().zip(&facts.sign_in_countries);
    facts
        .sign_in_times
        .iter()
        .zip(circumstances)
        .map(|(at, (browser, country))| SignIn {
            iso: at.to_rfc3339_opts(SecondsFormat::Secs, true),
            at: moment(at),
            browser: describe_browser(browser.as_deref().unwrap_or_default()),
            country: country.clone().unwrap_or_else(|| "unknown country".into()),
        })
        .collect()
}

fn checks(who: &SignedIn, facts: &Facts) -> Vec<Check> {
    let mut all = vec![second_factor(who)];
    if who.has_second_factor() {
        all.push(codes(facts.codes_left.unwrap_or(0)));
        all.push(slow_lane(facts.recovery_open));
    }
    all.push(password(facts.password_changed_at.as_ref()));
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
