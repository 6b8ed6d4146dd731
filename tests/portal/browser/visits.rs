//! A visitor for every page that can be opened, derived from the site map: who may open it, and what stands in its
//! address. A page that nobody here knows how to reach fails the tests.

use std::collections::HashMap;

use chrono::Duration;
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::permissions::AccountRole;
use portal::api::scopes::Scope;
use portal::platform::audit::Circumstances;
use portal::platform::db::schema::{passkeys, rule_evaluations};
use portal::platform::ids::{AccountId, AlertId, EvaluationId, PasskeyId, PersonId, ShareId};
use portal::preferences::campaigns::{self, Audience, Desk, Draft};
use portal::preferences::partners;
use portal::preferences::topics::Topic;
use portal::routes::{Guard, development_routes, routes};
use portal::staff::permissions::{Permission, Role};
use portal::trust::suspensions::{Decision, Level};

use crate::support::{Browser, PASSWORD, TestApp, TestPerson};
use crate::trust;

/// What GET answers without a page for people.
const NO_PAGES: &[&str] = &[
    "/healthz",
    "/readyz",
    "/favicon.ico",
    "/static/{name:.*}",
    "/robots.txt",
    "/.well-known/security.txt",
    "/.well-known/change-password",
    "/.well-known/gpc.json",
    "/events/{event}/calendar.ics",
    "/dev/mailbox.json",
    "/dev/people.json",
    "/dev/clock",
    // A mail, for mail programs: tables and styles of its own.
    "/dev/mailbox/{id}/html",
    "/staff/campaigns/{campaign}/preview",
    "/.well-known/receipt-keys.json",
    "/privacy/receipts/{receipt}/file",
    "/privacy/requests/links/{token}/receipt",
    "/staff/partners/{partner}/shares/{share}/file",
    "/staff/partners/{partner}/ended-consents",
    "/sub-processors.atom",
    "/staff/requests/metrics.csv",
    "/staff/sales/training.csv",
    "/staff/appeals.csv",
    "/staff/alerts.csv",
    "/staff/requests.csv",
    "/staff/jobs.csv",
    "/staff/counts.json",
    "/staff/disputes.csv",
    "/staff/reports.csv",
    "/staff/reports.json",
    "/privacy/exports/{export}/file",
    "/privacy/requests/{request}/files/{file}",
    "/privacy/requests/links/{token}/files/{file}",
    "/staff/requests/{request}/files/{file}",
    "/privacy/disputes/{dispute}/files/{file}",
    "/privacy/disputes/links/{token}/files/{file}",
    "/staff/disputes/{dispute}/files/{file}",
    "/accounts/{account}/suspensions/{suspension}/appeal/files/{file}",
    "/staff/appeals/{appeal}/files/{file}",
    "/accounts/{account}/subscriber-records/{record}/files/{file}",
    "/staff/subscriber-records/{record}/files/{file}",
];

/// A page, and somebody who may open it.
pub struct Visit {
    /// As in the site map.
    pub pattern: &'static str,
    /// With its placeholders filled.
    pub path: String,
    /// Who.
    pub visitor: Browser,
}

/// Every page with somebody who may open it.
pub async fn all(app: &TestApp) -> Vec<Visit> {
    let mut prepared = HashMap::new();
    // This one waits for three days, after which nobody else would still be signed in.
    account_recovery(app, &mut prepared).await;
    sign_up(app, &mut prepared).await;
    links_by_mail(app, &mut prepared).await;
    mailings(app, &mut prepared).await;
    settings(app, &mut prepared).await;
    credentials(app, &mut prepared).await;
    accounts(app, &mut prepared).await;
    let people = People::sign_in(app, &mut prepared).await;
    forms(app, &people, &mut prepared).await;
    data_requests(app, &people, &mut prepared).await;
    disputes(app, &people, &mut prepared).await;
    exports(app, &people, &mut prepared).await;
    closing(&people, &mut prepared).await;
    left_invoice(app, &people, &mut prepared).await;
    hold(&people, &mut prepared).await;
    sub_processor(&people, &mut prepared).await;
    disclosure(&people, &mut prepared).await;
    subscriber_records(app, &people, &mut prepared).await;
    suspended(app, &people, &mut prepared).await;
    rules(app, &people, &mut prepared).await;
    app.mailbox().await;
    let readable = routes().into_iter().chain(development_routes()).filter(|route| route.method == "GET");
    // What programs ask for is no page.
    readable
        .filter(|route| !NO_PAGES.contains(&route.path) && !route.path.starts_with("/v1/"))
        .map(|route| {
            let found = prepared.remove(route.path);
            let (path, visitor) =
                found.unwrap_or_else(|| (people.path(route.path), people.may(route.guard).clone()));
            assert!(!path.contains('{'), "{path} is a new page: say in browser/visits.rs how to reach it");
            Visit { pattern: route.path, path, visitor }
        })
        .collect()
}

type Prepared = HashMap<&'static str, (String, Browser)>;

/// Somebody of each kind who is signed in.
struct People {
    nobody: Browser,
    customer: Browser,
    /// The customer's account.
    account: AccountId,
    staff: Vec<(Role, Browser)>,
}

impl People {
    async fn sign_in(app: &TestApp, prepared: &mut Prepared) -> Self {
        let customer = app.customer("grace.hopper@example.com").await.with_totp().await;
        let mut staff = Vec::new();
        for role in Role::ALL {
            let member = app.staff(role).await;
            let browser = app.sign_in_as(&member).await;
            if role == Role::Support {
                let record = format!("/staff/people/{}", customer.id);
                let reason = "They asked on the telephone why a code did not arrive.";
                assert_eq!(browser.post(&format!("{record}/views"), &[("reason", reason)]).await.status, 303);
                for (pattern, part) in [
                    ("/staff/people/{person}", ""),
                    ("/staff/people/{person}/sign-ins", "/sign-ins"),
                    ("/staff/people/{person}/messages", "/messages"),
                    ("/staff/people/{person}/views", "/views"),
                    ("/staff/people/{person}/preferences", "/preferences"),
                ] {
                    prepared.insert(pattern, (format!("{record}{part}"), browser.clone()));
                }
                let asked = [("email", customer.email.as_str()), ("reason", reason)];
                let opened = browser.post("/staff/contacts", &asked).await;
                prepared.insert("/staff/contacts/{token}", (opened.location().to_owned(), browser.clone()));
                prepared.insert("/staff/people", ("/staff/people?q=grace".into(), browser.clone()));
            }
            if role == Role::Admin {
                let path = format!(
                    "/staff/team/{}/roles/{}/removal",
                    member_of(&staff, app).await,
                    Role::Support.as_str()
                );
                prepared.insert("/staff/team/{person}/roles/{role}/removal", (path, browser.clone()));
                let invited = [("email", "new@lossexpress.test"), ("role", "privacy")];
                assert_eq!(browser.post("/staff/team/invitations/new", &invited).await.status, 303);
                let link = app.mail_to("new@lossexpress.test").await.link("/staff/invitations/");
                prepared.insert("/staff/invitations/{token}", (link, app.browser()));
            }
            if role == Role::Marketing {
                campaigns(app, &member, &browser, prepared).await;
            }
            staff.push((role, browser));
        }
        let account = customer.account().await;
        let browser = app.sign_in_as(&customer).await;
        end_users(app, &browser, account, prepared).await;
        Self { nobody: app.browser(), customer: browser, account, staff }
    }

    /// The address of a page that needs nothing else prepared.
    fn path(&self, pattern: &str) -> String {
        pattern
            .replace("{account}", &self.account.to_string())
            .replace("{product}", "communication_bodies")
            .replace("{table}", "messages")
    }

    fn may(&self, guard: Guard) -> &Browser {
        let with = |right: Permission| {
            self.staff
                .iter()
                .rfind(|(role, _)| right.roles().contains(role))
                .map_or(&self.nobody, |(_, browser)| browser)
        };
        match guard {
            Guard::Anyone | Guard::LinkHolder => &self.nobody,
            Guard::SignedIn
            | Guard::SessionHolder
            | Guard::Reauthenticated
            | Guard::Enrolling
            | Guard::Member(_)
            | Guard::RecentMember(_)
            | Guard::Changer(_)
            | Guard::RecentChanger(_) => &self.customer,
            Guard::Api(_) | Guard::AnyProgram => unreachable!("no page"),
            Guard::Staff(right) | Guard::RecentStaff(right) => with(right),
        }
    }
}

/// One of everything that anybody may answer, and the links that are mailed for it.
async fn forms(app: &TestApp, people: &People, prepared: &mut Prepared) {
    let marketing = people.may(Guard::Staff(Permission::PublishOffers)).clone();
    let visitor = app.browser();
    let event = app.an_event(&marketing, 2).await;
    let paper = app.a_paper(&marketing).await;
    let survey = app.a_survey(&marketing).await;
    for (public, staff, path) in [
        ("/events/{event}", "/staff/events/{event}", &event),
        ("/white-papers/{paper}", "/staff/white-papers/{paper}", &paper),
        ("/surveys/{survey}", "/staff/surveys/{survey}", &survey),
    ] {
        prepared.insert(public, (path.clone(), visitor.clone()));
        prepared.insert(staff, (format!("/staff{path}"), marketing.clone()));
    }
    let cancellation = "/staff/events/{event}/cancellation";
    prepared.insert(cancellation, (format!("/staff{event}/cancellation"), marketing.clone()));
    let email = ("email", "ada@forms.example");
    let mut linked = async |pattern: &'static str, form: &str, fields: &[(&str, &str)]| {
        let answer = app.send_form(&visitor, form, fields).await;
        assert_eq!(answer.status, 303, "{}", answer.words());
        let beginning = pattern.split('{').next().unwrap_or_default();
        let link = app.mail_to("ada@forms.example").await.link(beginning);
        prepared.insert(pattern, (link, visitor.clone()));
    };
    linked("/events/registrations/{token}", &event, &[email, ("name", "Ada")]).await;
    linked("/white-papers/documents/{token}", &paper, &[email]).await;
    linked("/newsletter/{token}", "/newsletter", &[email]).await;
    let enquiry = [email, ("message", "What does it cost?"), ("answer_by", "email")];
    linked("/contact-sales/{token}", "/contact-sales", &enquiry).await;
    // Somebody who is signed in and registered with their own address.
    let fields = [("email", "grace.hopper@example.com"), ("name", "Grace")];
    assert_eq!(app.send_form(&people.customer, &event, &fields).await.status, 303);
    let cancel = people.customer.get("/settings/registrations").await.link("Cancel");
    prepared.insert("/settings/registrations/{registration}/cancellation", (cancel, people.customer.clone()));
    let answers = app.send_form(&visitor, &survey, &[("answer1", "Yes")]).await.location().to_owned();
    prepared.insert("/surveys/answers/{token}", (answers, visitor.clone()));
    let list = marketing.get("/staff/sales").await;
    let enquiry = list.link("a…@forms.example");
    marketing.post(&format!("{enquiry}/claim"), &[]).await;
    prepared.insert("/staff/sales/{enquiry}", (enquiry, marketing.clone()));
}

/// An account that a rule has suspended, with an appeal that a reviewer works on, and another that can be appealed.
async fn suspended(app: &TestApp, people: &People, prepared: &mut Prepared) {
    let made = people.customer.post("/accounts/new", &[("name", "Suspended account")]).await;
    let account: AccountId = made.location().trim_start_matches("/accounts/").parse().expect("a SID");
    let evidence = trust::seen(app.clock.now());
    let shown = Decision { evidence, ..trust::decision(account, Level::Suspended, trust::a_rule(1)) };
    let id = trust::carry_out(app, &shown).await.expect("a suspension");
    let other = trust::suspend(app, account, Level::SendingPaused).await;
    let (base, customer) = (format!("/accounts/{account}/suspensions"), &people.customer);
    let words = [("text", "It was not us.\nWe have changed the key.")];
    let files: [(&str, &[u8]); 1] = [("What we changed.txt", b"The key.")];
    let filed = customer.post_with_files(&format!("{base}/{id}/appeal"), &words, "files", &files).await;
    assert_eq!(filed.status, 303, "{}", filed.words());
    let more = [("text", "One more thing.")];
    customer.post_with_files(&format!("{base}/{id}/appeal/messages"), &more, "files", &files).await;
    let desk = people.may(Guard::Staff(Permission::DecideAppeals));
    let path = desk.get("/staff/appeals").await.attr("[data-queue-title]", "href").expect("an appeal waits");
    desk.post(&format!("{path}/claim"), &[]).await;
    prepared.insert("/accounts/{account}/suspensions", (base.clone(), customer.clone()));
    prepared
        .insert("/accounts/{account}/suspensions/{suspension}", (format!("{base}/{id}"), customer.clone()));
    prepared.insert(
        "/accounts/{account}/suspensions/{suspension}/appeal",
        (format!("{base}/{id}/appeal"), customer.clone()),
    );
    prepared.insert(
        "/accounts/{account}/suspensions/{suspension}/appeal/new",
        (format!("{base}/{other}/appeal/new"), customer.clone()),
    );
    prepared.insert("/staff/suspensions/{suspension}", (format!("/staff/suspensions/{id}"), desk.clone()));
    prepared.insert("/staff/appeals/{appeal}", (path, desk.clone()));
}

/// An account that is closed for an owner who asked by mail.
async fn closing(people: &People, prepared: &mut Prepared) {
    let made = people.customer.post("/accounts/new", &[("name", "Closing account")]).await;
    let account = made.location().trim_start_matches("/accounts/").to_owned();
    let desk = people.may(Guard::RecentStaff(Permission::WorkOnRequests));
    let fields = [("account", account.as_str()), ("note", "They wrote from the address of the owner.")];
    let closed = desk.post("/staff/closures/new", &fields).await;
    assert_eq!(closed.status, 303, "{}", closed.words());
    let path = desk.get("/staff/closures").await.link(&account);
    prepared.insert("/staff/closures/{closure}", (path, desk.clone()));
}

/// An invoice whose account is gone, open to whoever said why.
async fn left_invoice(app: &TestApp, people: &People, prepared: &mut Prepared) {
    let id = app.invoice_of_nobody(people.account, "2026-0003", 30).await;
    let desk = people.may(Guard::Staff(Permission::WorkOnRequests));
    let path = format!("/staff/invoices/{id}");
    let reason = [("reason", "The tax office asks for it by its number.")];
    assert_eq!(desk.post(&format!("{path}/looks"), &reason).await.status, 303);
    prepared.insert("/staff/invoices/{invoice}", (path, desk.clone()));
}

/// An account with a record that is refused and one that was shown outside, which the privacy team has open.
async fn subscriber_records(app: &TestApp, people: &People, prepared: &mut Prepared) {
    let made = people.customer.post("/accounts/new", &[("name", "Numbers abroad")]).await;
    let account: AccountId = made.location().trim_start_matches("/accounts/").parse().expect("a SID");
    let (customer, list) = (&people.customer, format!("/accounts/{account}/subscriber-records"));
    let desk = people.may(Guard::RecentStaff(Permission::SeeSubscriberRecords));
    let refused = app.subscriber_record(customer, account, "DE", "Analytical Engines GmbH").await;
    app.decide_record(desk, &refused, &[("outcome", "refused"), ("words", "The bill is older than a year.")])
        .await;
    let record = app.subscriber_record(customer, account, "CH", "Martha Keel").await;
    let at_desk = app.open_record(desk, &record).await;
    app.share_record(desk, &record).await;
    for (pattern, path) in [
        ("/accounts/{account}/subscriber-records", list.clone()),
        ("/accounts/{account}/subscriber-records/new", format!("{list}/new?country=CH")),
        ("/accounts/{account}/subscriber-records/shares", format!("{list}/shares")),
        ("/accounts/{account}/subscriber-records/{record}", refused),
        ("/accounts/{account}/subscriber-records/{record}/values", format!("{record}/values")),
        ("/accounts/{account}/subscriber-records/{record}/correction", format!("{record}/correction")),
        ("/accounts/{account}/subscriber-records/{record}/withdrawal", format!("{record}/withdrawal")),
    ] {
        prepared.insert(pattern, (path, customer.clone()));
    }
    prepared.insert("/staff/subscriber-records", ("/staff/subscriber-records?view=all".into(), desk.clone()));
    prepared.insert("/staff/subscriber-records/{record}", (at_desk, desk.clone()));
}

/// A hold that waits for approval.
async fn hold(people: &People, prepared: &mut Prepared) {
    let desk = people.may(Guard::RecentStaff(Permission::HoldData));
    // Its heading is a SID, for which a narrow screen has no room in one line.
    let sid = people.account.to_string();
    let fields = [
        ("scope", "account"),
        ("sid", sid.as_str()),
        ("matter", "audit"),
        ("reason", "Audit of the account, file 12."),
        ("review_on", "2027-03-31"),
    ];
    let placed = desk.post("/staff/holds/new", &fields).await;
    assert_eq!(placed.status, 303, "{}", placed.words());
    prepared.insert("/staff/holds/{hold}", (placed.location().to_owned(), desk.clone()));
}

/// A demand that we object to.
async fn disclosure(people: &People, prepared: &mut Prepared) {
    let desk = people.may(Guard::RecentStaff(Permission::RecordDisclosures));
    let sid = people.account.to_string();
    let form = desk.get("/staff/disclosures/new").await;
    let received = form.value("received_on");
    let fields = [
        ("kind", "legal"),
        ("recipient", "District Court of Springfield"),
        ("ground", "law"),
        ("classes", "account"),
        ("categories", "identifiers"),
        ("sid", sid.as_str()),
        ("order_reference", "12 CV 2026"),
        ("words", "Name and address of the owner of the account."),
        ("received_on", received.as_str()),
    ];
    let recorded = desk.post("/staff/disclosures/new", &fields).await;
    assert_eq!(recorded.status, 303, "{}", recorded.words());
    let path = recorded.location().to_owned();
    let note = "The order names no judge, and asks for more than it may.";
    let objected = desk.post(&format!("{path}/objection"), &[("version", "1"), ("objection", note)]).await;
    assert_eq!(objected.status, 303, "{}", objected.words());
    prepared.insert("/staff/disclosures/{disclosure}", (path, desk.clone()));
}

/// A rule with a replay and an evaluation, and the forms around it.
async fn rules(app: &TestApp, people: &People, prepared: &mut Prepared) {
    let desk = people.may(Guard::RecentStaff(Permission::TuneRules));
    let fields = [
        ("name", "Many messages"),
        ("expression", "outbound_hour > most_an_hour && bounced_percent >= 10"),
        ("parameters", "most_an_hour = 500"),
        ("weight", "100"),
        ("reason", "spam"),
        ("words", "The account sent far more messages than we can let pass."),
        ("level", "sending_paused"),
        ("lasts", "72"),
    ];
    let written = desk.post("/staff/rules/new", &fields).await;
    assert_eq!(written.status, 303, "{}", written.words());
    let version = written.location().to_owned();
    for (ago, sent) in [(0, 800), (1, 600), (3, 450), (5, 20)] {
        let counts = [("outbound", sent), ("recipients", sent - 5), ("bounced", sent / 8)];
        crate::trust::count(app, people.account, ago, &counts).await;
    }
    portal::trust::rules::evaluation::run(app).await.expect("an evaluation");
    desk.post(&format!("{version}/replay"), &[]).await;
    app.run_jobs().await;
    let evaluation: EvaluationId = rule_evaluations::table
        .select(rule_evaluations::id)
        .first(&mut app.conn().await)
        .await
        .expect("noted");
    // As if two people had let it ask, and it had.
    let alert = AlertId::new(app.clock.now());
    diesel::sql_query(format!(
        "INSERT INTO rule_alerts (id, rule_id, version_id, evaluation_id, account_id, raised_at, due_at) \
         SELECT '{}', rule_id, version_id, id, account_id, now(), now() + interval '1 day' FROM rule_evaluations",
        alert.0
    ))
    .execute(&mut app.conn().await)
    .await
    .expect("an alert");
    let answers = people.may(Guard::RecentStaff(Permission::AnswerAlerts)).clone();
    answers.post(&format!("/staff/alerts/{alert}/claim"), &[]).await;
    prepared.insert("/staff/alerts/{alert}", (format!("/staff/alerts/{alert}"), answers));
    let rule = version.split("/versions").next().expect("a rule").to_owned();
    let visit = |path: String| (path, desk.clone());
    prepared.insert("/staff/rules/{rule}", visit(rule.clone()));
    prepared.insert("/staff/rules/{rule}/versions/new", visit(format!("{rule}/versions/new")));
    prepared.insert("/staff/rules/{rule}/versions/{n}", visit(version.clone()));
    prepared.insert("/staff/rules/{rule}/versions/{n}/replay", visit(format!("{version}/replay")));
    prepared.insert("/staff/evaluations/{evaluation}", visit(format!("/staff/evaluations/{evaluation}")));
}

/// A copy that can be fetched, and the question before it is ended.
async fn exports(app: &TestApp, people: &People, prepared: &mut Prepared) {
    let ordered = people.customer.post("/privacy/exports", &[("of", "person")]).await;
    assert_eq!(ordered.status, 303, "{}", ordered.words());
    app.run_jobs().await;
    let path = ordered.location().to_owned();
    prepared.insert("/privacy/exports/{export}/end", (format!("{path}/end"), people.customer.clone()));
    prepared.insert("/privacy/exports/{export}", (path, people.customer.clone()));
}

/// Somebody without an account who follows the links of a mailing.
async fn mailings(app: &TestApp, prepared: &mut Prepared) {
    let reader = app.subscriber("reader@example.com", &[Topic::Newsletter]).await;
    let token = reader.token(Some(Topic::Newsletter));
    let browser = app.browser();
    assert_eq!(browser.post(&format!("/preferences/{token}/deletion"), &[]).await.status, 200);
    let confirmation = app.mail_to("reader@example.com").await.link("/contact-data/");
    prepared.insert("/contact-data/{token}", (confirmation, browser.clone()));
    prepared.insert("/preferences/{token}", (format!("/preferences/{token}"), browser.clone()));
    prepared.insert("/unsubscribe/{token}", (format!("/unsubscribe/{token}"), browser));
}

/// Somebody who was found, restricted and deleted.
/// A campaign with results, and a draft.
async fn campaigns(app: &TestApp, member: &TestPerson<'_>, browser: &Browser, prepared: &mut Prepared) {
    let desk = Desk { person: member.id, from: Circumstances::default() };
    let draft = Draft {
        name: "News of November".into(),
        topic: Topic::Newsletter,
        subject: "What is new in November".into(),
        body: "# Hello {name}\n\nall is *well*.".into(),
        audience: Audience::default(),
    };
    let sent = campaigns::create(app, &desk, &draft).await.expect("a campaign");
    campaigns::schedule(app, &desk, sent, app.clock.now()).await.expect("it is a draft");
    campaigns::begin(app, sent).await.expect("its hour has come");
    app.run_jobs().await;
    let open = campaigns::create(app, &desk, &draft).await.expect("a campaign");
    partner(app, &desk, browser, prepared).await;
    let path = |rest: &str| (format!("/staff/campaigns/{rest}"), browser.clone());
    prepared.insert("/staff/campaigns/{campaign}", path(&sent.to_string()));
    prepared.insert("/staff/campaigns/{campaign}/text", path(&format!("{open}/text")));
}

/// A partner that people are asked about and that has addresses, one of which it is to be told of.
async fn partner(app: &TestApp, desk: &Desk, browser: &Browser, prepared: &mut Prepared) {
    let draft = partners::Draft {
        name: "Tool Shed".into(),
        sends: "Offers for repair tools, at most once a month.".into(),
        policy_url: "https://toolshed.example/privacy".into(),
        contact_email: "privacy@toolshed.example".into(),
    };
    let colleague = Desk { person: PersonId::new(app.clock.now()), from: Circumstances::default() };
    let id = partners::propose(app, &colleague, &draft).await.expect("a partner");
    assert!(partners::approve(app, desk, id).await.expect("it waits"));
    let named = id.to_string();
    for (email, further) in [("yes@example.com", ""), ("no@example.com", "partner_no")] {
        let path = format!("/preferences/{}", app.subscriber(email, &[]).await.token(None));
        let visitor = app.browser();
        visitor.post(&path, &[("act", "partner_yes"), ("partner", &named)]).await;
        let share = ShareId::new(app.clock.now());
        partners::shares::make(app, desk, id, share).await.expect("somebody said yes");
        if !further.is_empty() {
            visitor.post(&path, &[("act", further), ("partner", &named)]).await;
        }
    }
    prepared.insert("/staff/partners/{partner}", (format!("/staff/partners/{id}"), browser.clone()));
}

/// Somebody who works for us, published.
async fn sub_processor(people: &People, prepared: &mut Prepared) {
    let one = people.may(Guard::RecentStaff(Permission::KeepSubProcessors)).clone();
    let other = people.may(Guard::Staff(Permission::WorkOnRequests));
    let draft =
        [("name", "Harbour"), ("country", "DE"), ("function", "hosting"), ("does", "Runs our machines.")];
    let path = one.post("/staff/sub-processors/new", &draft).await.location().to_owned();
    let assurance =
        [("assurance", "A contract."), ("contract_on", "2020-01-01"), ("diligence_on", "2020-01-01")];
    for (desk, step, fields) in [(&one, "assurance", &assurance[..]), (other, "approval", &[][..])] {
        let done = desk.post(&format!("{path}/{step}"), fields).await;
        assert_eq!(done.location(), path, "{}", done.words());
    }
    prepared.insert("/staff/sub-processors/{processor}", (path, one));
}

async fn end_users(app: &TestApp, browser: &Browser, account: AccountId, prepared: &mut Prepared) {
    let root = format!("/accounts/{account}/end-users");
    let sheet = browser.get(&root).await.link("/end-users/");
    prepared.insert("/end-users/{token}", (sheet, app.browser()));
    let found = browser.post(&root, &[("kind", "email"), ("value", "ada@example.com")]).await;
    let found = found.location().to_owned();
    for (pattern, part) in [
        ("/accounts/{account}/end-users/{token}", ""),
        ("/accounts/{account}/end-users/{token}/export", "/export"),
        ("/accounts/{account}/end-users/{token}/restriction", "/restriction"),
        ("/accounts/{account}/end-users/{token}/deletion", "/deletion"),
    ] {
        prepared.insert(pattern, (format!("{found}{part}"), browser.clone()));
    }
    let deleted = browser.post(&format!("{found}/deletion"), &[("word", "delete")]).await;
    let receipt = "/accounts/{account}/end-users/deletions/{id}";
    prepared.insert(receipt, (deleted.location().to_owned(), browser.clone()));
    let restricted = browser.post(&format!("{found}/restriction"), &[("reason", "Asked by letter.")]).await;
    assert_eq!(restricted.status, 303, "{}", restricted.words());
    let lifting = browser.get(&format!("{root}/restrictions")).await.link("Lift");
    let pattern = "/accounts/{account}/end-users/restrictions/{id}/lifting";
    prepared.insert(pattern, (lifting, browser.clone()));
    app.mailbox().await;
}

/// Requests about data: of a customer, of somebody without an account, and at the desk.
async fn data_requests(app: &TestApp, people: &People, prepared: &mut Prepared) {
    let customer = &people.customer;
    let asked = customer.post("/privacy/requests/new", &[("kind", "deletion"), ("home", "us")]).await;
    let path = asked.location().to_owned();
    prepared.insert(
        "/privacy/requests/{request}/confirmation",
        (format!("{path}/confirmation"), customer.clone()),
    );
    prepared.insert("/privacy/requests/{request}", (path.clone(), customer.clone()));
    let restricted = customer.post("/privacy/requests/new", &[("kind", "restriction"), ("home", "us")]).await;
    let receipt = restricted.follow().await.link("The receipt");
    prepared.insert("/privacy/receipts/{receipt}", (receipt, customer.clone()));
    let desk = people.may(Guard::Staff(Permission::WorkOnRequests)).clone();
    let view = "/staff/views/new?queue=requests&query=view%3Dlate";
    let saved = desk
        .post("/staff/views/new", &[("queue", "requests"), ("query", "view=late"), ("name", "Late")])
        .await;
    assert_eq!(saved.location(), "/staff/requests?view=late");
    prepared.insert("/staff/views/new", (view.into(), desk.clone()));
    prepared.insert("/staff/requests", ("/staff/requests?view=all".into(), desk.clone()));
    let at_desk = path.replace("/privacy/", "/staff/");
    assert_eq!(desk.post(&format!("{at_desk}/claim"), &[]).await.status, 303);
    let said = [("body", "We look into it.")];
    let files: [(&str, &[u8]); 1] = [("Überblick.txt", b"One, two, three.")];
    let sent = desk.post_with_files(&format!("{at_desk}/messages"), &said, "files", &files).await;
    assert_eq!(sent.status, 303, "{}", sent.words());
    let decision = format!("{at_desk}/decision?outcome=partly_fulfilled&reason=legal_duty");
    prepared.insert("/staff/requests/{request}/decision", (decision, desk.clone()));
    prepared.insert("/staff/requests/{request}", (at_desk, desk.clone()));
    let mut links = Vec::new();
    for email in ["one.asker@example.com", "two.asker@example.com"] {
        let fields =
            [("kind", "item_deletion"), ("email", email), ("details", "My messages."), ("home", "europe")];
        let answer = app.send_form(&app.browser(), "/privacy/requests/new", &fields).await;
        assert_eq!(answer.status, 303, "{}", answer.words());
        let (one, two) = (app.mail_to(email).await, app.mail_to(email).await);
        let code = if one.name == "data_request_code" { one.code() } else { two.code() };
        links.push((one.link("/privacy/requests/links/"), code));
    }
    let (link, code) = &links[0];
    prepared.insert("/privacy/requests/links/{token}", (link.clone(), app.browser()));
    let shown = app.browser().post(&format!("{}/code", links[1].0), &[("code", &links[1].1)]).await;
    assert_eq!((shown.status, code.len()), (303, 6));
    let last = desk.get("/staff/requests?kind=item_deletion").await.attr(".rows li:last-child a", "href");
    let verified = [("act", "verify"), ("text", "They called us."), ("version", "3")];
    let path = format!("{}/steps", last.expect("a request"));
    assert_eq!(desk.post(&path, &verified).await.status, 303);
    prepared.insert(
        "/privacy/requests/links/{token}/confirmation",
        (format!("{}/confirmation", links[1].0), app.browser()),
    );
    app.mailbox().await;
}

/// Disputes: of a customer, decided against them; of somebody without an account, before and after they confirmed it.
async fn disputes(app: &TestApp, people: &People, prepared: &mut Prepared) {
    let raised = [("subject", "A newsletter after I unsubscribed"), ("words", "It came on Monday.")];
    let files: [(&str, &[u8]); 1] = [("The newsletter.txt", b"News.")];
    let raise = people.customer.post_with_files("/privacy/disputes/new", &raised, "files", &files).await;
    let path = raise.location().to_owned();
    let desk = people.may(Guard::Staff(Permission::WorkOnRequests)).clone();
    let at_desk = path.replace("/privacy/", "/staff/");
    assert_eq!(desk.post(&format!("{at_desk}/claim"), &[]).await.status, 303);
    let said = [("body", "We look into it.")];
    let sent = desk.post_with_files(&format!("{at_desk}/messages"), &said, "files", &files).await;
    assert_eq!(sent.status, 303, "{}", sent.words());
    prepared.insert("/privacy/disputes/{dispute}", (path.clone(), people.customer.clone()));
    prepared.insert("/staff/disputes/{dispute}", (at_desk, desk.clone()));
    prepared.insert("/privacy/disputes", ("/privacy/disputes".into(), people.customer.clone()));
    let fields = [raised[0], raised[1], ("email", "stranger@example.com")];
    let sent = app.send_form(&app.browser(), "/privacy/disputes/new", &fields).await;
    assert_eq!(sent.location(), "/privacy/disputes/sent", "{}", sent.words());
    let link = app.mail_to("stranger@example.com").await.link("/privacy/disputes/links/");
    prepared.insert("/privacy/disputes/links/{token}", (link, app.browser()));
    app.mailbox().await;
}

/// The SID of the member of staff with the role `support`.
async fn member_of(_: &[(Role, Browser)], app: &TestApp) -> portal::platform::ids::PersonId {
    use portal::platform::db::schema::staff_roles;
    let holder = staff_roles::table
        .filter(staff_roles::role.eq(Role::Support.as_str()))
        .select(staff_roles::person_id);
    holder.first(&mut app.conn().await).await.expect("support is there before admin")
}

async fn sign_up(app: &TestApp, prepared: &mut Prepared) {
    let details = |email: &'static str, phone: &'static str| {
        [
            ("name", "Ada"),
            ("email", email),
            ("phone", phone),
            ("password", PASSWORD),
            ("terms", "on"),
            ("old_enough", "on"),
        ]
    };
    let (waiting, further) = (app.browser(), app.browser());
    waiting.post("/sign-up", &details("waiting@example.com", "+12125550101")).await;
    let link = app.mail_to("waiting@example.com").await.link("/sign-up/email/");
    prepared.insert("/sign-up/email", ("/sign-up/email".into(), waiting.clone()));
    prepared.insert("/sign-up/email/{token}", (link, waiting));
    further.post("/sign-up", &details("further@example.com", "+12125550102")).await;
    let link = app.mail_to("further@example.com").await.link("/sign-up/email/");
    assert_eq!(further.get(&link).await.submit(&[]).await.location(), "/sign-up/phone");
    prepared.insert("/sign-up/phone", ("/sign-up/phone".into(), further));
}

async fn links_by_mail(app: &TestApp, prepared: &mut Prepared) {
    let person = app.customer("links@example.com").await;
    let browser = app.browser();
    browser.post("/sign-in", &[("email", &person.email), ("password", PASSWORD)]).await;
    let link = app.mail_to(&person.email).await.link("/account-protection/");
    prepared.insert("/account-protection/{token}", (link, app.browser()));
    app.browser().post("/password-reset", &[("email", &person.email)]).await;
    let link = app.mail_to(&person.email).await.link("/password-reset/");
    prepared.insert("/password-reset/{token}", (link, app.browser()));

    let moved = app.customer("moved@example.com").await;
    let browser = app.sign_in_as(&moved).await;
    browser.post("/settings/email", &[("email", "moved@example.org")]).await;
    let link = app.mail_to("moved@example.org").await.link("/settings/email/");
    app.mailbox().await;
    assert_eq!(browser.get(&link).await.submit(&[]).await.status, 303);
    let undo = app
        .mailbox()
        .await
        .into_iter()
        .find(|letter| letter.to == "moved@example.com")
        .expect("a mail to the old address");
    prepared.insert("/email-change/{token}/undo", (undo.link("/email-change/"), app.browser()));

    let moving = app.customer("moving@example.com").await;
    let browser = app.sign_in_as(&moving).await;
    browser.post("/settings/email", &[("email", "moving@example.org")]).await;
    let link = app.mail_to("moving@example.org").await.link("/settings/email/");
    prepared.insert("/settings/email/{token}", (link, browser));
}

async fn settings(app: &TestApp, prepared: &mut Prepared) {
    let person = app.customer("mary@example.com").await;
    let browser = app.sign_in_as(&person).await;
    let answer = browser.post("/settings/phone", &[("phone", "+12125550103")]).await;
    assert_eq!(answer.location(), "/settings/phone/code");
    prepared.insert("/settings/phone/code", ("/settings/phone/code".into(), browser.clone()));
    // Without a factor, so that there is one to set up.
    prepared.insert("/settings/two-factor", ("/settings/two-factor".into(), browser.clone()));
    let id = PasskeyId::new(app.clock.now());
    diesel::insert_into(passkeys::table)
        .values((
            passkeys::id.eq(id),
            passkeys::person_id.eq(person.id),
            passkeys::credential_id.eq(b"a credential".to_vec()),
            passkeys::credential.eq(serde_json::json!({})),
            passkeys::name.eq("Telephone"),
            passkeys::created_at.eq(app.clock.now()),
        ))
        .execute(&mut app.conn().await)
        .await
        .expect("a passkey");
    let browser = app.sign_in_as(&person).await;
    prepared.insert("/settings/passkeys", ("/settings/passkeys".into(), browser.clone()));
    prepared.insert("/settings/passkeys/{id}", (format!("/settings/passkeys/{id}"), browser.clone()));
    prepared.insert("/settings/passkeys/{id}/removal", (format!("/settings/passkeys/{id}/removal"), browser));
}

/// Somebody with a key and a secondary token.
async fn credentials(app: &TestApp, prepared: &mut Prepared) {
    let keeper = app.customer("keeper@example.com").await;
    let key = app.program_with(&keeper, &[Scope::ReadClaims]).await;
    let browser = app.sign_in_as(&keeper).await;
    let here = format!("/accounts/{}/credentials", key.account);
    assert_eq!(browser.post(&format!("{here}/auth-token/secondary"), &[]).await.status, 303);
    for (pattern, part) in [
        ("/accounts/{account}/credentials/keys/{key}", format!("/keys/{}", key.user)),
        ("/accounts/{account}/credentials/keys/{key}/revocation", format!("/keys/{}/revocation", key.user)),
        ("/accounts/{account}/credentials", String::new()),
        (
            "/accounts/{account}/credentials/auth-token/secondary/promotion",
            "/auth-token/secondary/promotion".into(),
        ),
        (
            "/accounts/{account}/credentials/auth-token/secondary/removal",
            "/auth-token/secondary/removal".into(),
        ),
    ] {
        prepared.insert(pattern, (format!("{here}{part}"), browser.clone()));
    }
    assert_eq!(key.get("/storage").await.status, 403, "a line of the log");
    prepared.insert(
        "/accounts/{account}/requests",
        (format!("/accounts/{}/requests", key.account), browser.clone()),
    );
}

/// An account with a member, an open invitation and an open offer.
async fn accounts(app: &TestApp, prepared: &mut Prepared) {
    let owner = app.customer("owner@example.com").await;
    let member = app.customer("member@example.com").await;
    let account = owner.account().await;
    app.add_member(account, &member, AccountRole::Developer).await;
    let page = |part: &str| format!("/accounts/{account}{part}");
    let browser = app.sign_in_as(&owner).await;
    let invited = [("email", "invited@example.com"), ("role", "billing")];
    assert_eq!(browser.post(&page("/members/invitations/new"), &invited).await.status, 303);
    let link = app.mail_to("invited@example.com").await.link("/accounts/invitations/");
    prepared.insert("/accounts/invitations/{token}", (link, app.browser()));
    for (pattern, part) in [
        ("/accounts/{account}/members/{person}/role", "role"),
        ("/accounts/{account}/members/{person}/removal", "removal"),
    ] {
        prepared.insert(pattern, (page(&format!("/members/{}/{part}", member.id)), browser.clone()));
    }
    prepared.insert("/accounts/{account}/members/contact", (page("/members/contact"), browser.clone()));
    for (pattern, part) in [
        ("/accounts/{account}", ""),
        ("/accounts/{account}/members", "/members"),
        ("/accounts/{account}/activity", "/activity"),
    ] {
        prepared.insert(pattern, (page(part), browser.clone()));
    }
    app.invoice(account, "2026-0001", 40).await;
    app.pay("2026-0001").await;
    let overdue = app.invoice(account, "2026-0002", 20).await;
    for (pattern, part) in [
        ("/accounts/{account}/invoices", "/invoices".to_owned()),
        ("/accounts/{account}/invoices/{invoice}", format!("/invoices/{overdue}")),
        // With what is open.
        ("/accounts/{account}/closure", "/closure".to_owned()),
        ("/accounts/{account}/closure/new", "/closure/new".to_owned()),
    ] {
        prepared.insert(pattern, (page(&part), browser.clone()));
    }
    let offer = [("member", member.id.to_string()), ("confirmation", "First account".into())];
    let offer = offer.each_ref().map(|(name, value)| (*name, value.as_str()));
    assert_eq!(browser.post(&page("/members/ownership"), &offer).await.status, 303);
    let link = app.mail_to(&member.email).await.link("/accounts/");
    let taker = app.sign_in_as(&member).await;
    prepared.insert("/accounts/{account}/members/handovers/{handover}", (link, taker.clone()));
    prepared.insert("/accounts/{account}/members/departure", (page("/members/departure"), taker.clone()));
    prepared.insert("/accounts", ("/accounts".into(), taker));
}

async fn account_recovery(app: &TestApp, prepared: &mut Prepared) {
    let owners = [
        app.customer("lost@example.com").await.with_totp().await,
        app.customer("found@example.com").await.with_totp().await,
    ];
    for owner in &owners {
        let answer = app.sign_in_as(owner).await.post("/settings/account-recovery", &[]).await;
        assert_eq!(answer.status, 303, "{}", answer.words());
    }
    let answer = app.in_second_step(&owners[0].email).await.get("/sign-in/recovery").await.submit(&[]).await;
    assert!(answer.status < 400, "{}", answer.words());
    app.mailbox().await;
    app.travel(Duration::hours(72)).await;
    app.run_timetable().await;
    let ready =
        app.mailbox().await.into_iter().rfind(|letter| letter.kind == "mail").expect("the wait is over");
    prepared.insert("/account-recovery/{token}", (ready.link("/account-recovery/"), app.browser()));
    let browser = app.in_second_step(&owners[1].email).await;
    prepared.insert("/sign-in/code", ("/sign-in/code".into(), browser.clone()));
    prepared.insert("/sign-in/recovery", ("/sign-in/recovery".into(), browser.clone()));
    let third = app.customer("third@example.com").await.with_totp().await;
    app.sign_in_as(&third).await.post("/settings/account-recovery", &[]).await;
    app.mailbox().await;
    app.in_second_step(&third.email).await.get("/sign-in/recovery").await.submit(&[]).await;
    let told = app
        .mailbox()
        .await
        .into_iter()
        .find(|letter| letter.kind == "mail" && letter.to == third.email)
        .expect("a warning");
    let link = told.link("/account-recovery/");
    prepared.insert("/account-recovery/{token}/cancellation", (link, app.browser()));
}
