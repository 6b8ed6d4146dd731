//! Every route as every kind of visitor: the answer is what the guard in the site map says.

use diesel_async::RunQueryDsl as _;
use portal::api::scopes::Scope;
use portal::platform::ids::{
    AccountId, AccountInvitationId, AlertId, ApiKeyId, AppealId, CampaignId, ClaimId, ClosureId,
    CommunicationId, DeletionId, DisclosureId, DisputeId, EnquiryId, EvaluationId, EventId, ExportId, FileId,
    HandoverId, HoldId, InvoiceId, PartnerId, PasskeyId, PersonId, ReceiptId, RequestId, RestrictionId,
    RuleId, SessionId, ShareId, SubProcessorId, SubscriberRecordId, SurveyId, SuspensionId, WhitePaperId,
};
use portal::platform::web::server::cookie_name;
use portal::routes::{self, Guard, Route};
use portal::staff::permissions::{Permission, Role};
use portal::staff::undertaking;
use uuid::Uuid;

use crate::support::{Browser, Page, TestApp, TestPerson, run};

/// What a guard makes of a visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Answer {
    SignIn,
    Reauthenticate,
    SetUpFactor,
    Agree,
    Unauthorized,
    NotFound,
    Through,
}

/// What a guard needs to know of a visitor.
struct Visitor<'a> {
    what: &'static str,
    person: Option<TestPerson<'a>>,
    roles: Vec<Role>,
    has_factor: bool,
    recent: bool,
    /// Owns the account that the walk goes to.
    owns: bool,
    /// Has agreed to confidentiality, as far as that is asked for.
    is_bound: bool,
}

impl<'a> Visitor<'a> {
    fn nobody() -> Self {
        Self {
            what: "nobody",
            person: None,
            roles: Vec::new(),
            has_factor: false,
            recent: true,
            owns: false,
            is_bound: true,
        }
    }

    fn customer(what: &'static str, person: TestPerson<'a>) -> Self {
        Self { what, person: Some(person), ..Self::nobody() }
    }

    fn owner(what: &'static str, person: TestPerson<'a>) -> Self {
        Self { owns: true, ..Self::customer(what, person) }
    }

    fn staff(what: &'static str, person: TestPerson<'a>, role: Role) -> Self {
        Self { roles: vec![role], has_factor: true, ..Self::customer(what, person) }
    }

    fn holds(&self, right: Permission) -> bool {
        right.roles().iter().any(|role| self.roles.contains(role))
    }

    /// Staff need a second factor, customers may have one.
    fn is_armed(&self) -> bool {
        self.roles.is_empty() || self.has_factor
    }
}

fn expected(guard: Guard, visitor: &Visitor<'_>) -> Answer {
    match guard {
        Guard::Anyone | Guard::LinkHolder => Answer::Through,
        // A session is no credential of a program.
        Guard::Api(_) | Guard::AnyProgram => Answer::Unauthorized,
        _ if visitor.person.is_none() => Answer::SignIn,
        Guard::SessionHolder => Answer::Through,
        Guard::Enrolling if !visitor.recent => Answer::Reauthenticate,
        Guard::Enrolling => Answer::Through,
        _ if !visitor.is_armed() => Answer::SetUpFactor,
        Guard::Reauthenticated if !visitor.recent => Answer::Reauthenticate,
        guard if is_of_account(guard) && !visitor.owns => Answer::NotFound,
        Guard::RecentMember(_) | Guard::RecentChanger(_) if !visitor.recent => Answer::Reauthenticate,
        guard if is_of_account(guard) => Answer::Through,
        Guard::SignedIn | Guard::Reauthenticated => Answer::Through,
        Guard::Staff(right) | Guard::RecentStaff(right) if !visitor.holds(right) => Answer::NotFound,
        Guard::Staff(right) | Guard::RecentStaff(right) if right.is_confidential() && !visitor.is_bound => {
            Answer::Agree
        }
        Guard::RecentStaff(_) if !visitor.recent => Answer::Reauthenticate,
        Guard::Staff(_) | Guard::RecentStaff(_) => Answer::Through,
        Guard::Member(_) | Guard::RecentMember(_) | Guard::Changer(_) | Guard::RecentChanger(_) => {
            unreachable!("of an account")
        }
    }
}

/// Whether a guard lets members of the account in the path through. The account of the walk is in use.
fn is_of_account(guard: Guard) -> bool {
    matches!(guard, Guard::Member(_) | Guard::RecentMember(_) | Guard::Changer(_) | Guard::RecentChanger(_))
}

fn is_of_development(route: &Route) -> bool {
    route.path.starts_with("/dev/")
}

/// What a script asks for is JSON to whoever gets through, and never a page that says so.
fn assert_json(route: &Route, page: &Page) {
    if route.path.ends_with("/options") && page.status != 303 {
        assert_eq!((page.status, page.header("content-type")), (200, "application/json"), "{}", page.path);
        assert!(page.json()["challenge"].is_string(), "{}", page.text());
    }
}

fn observed(route: &Route, visitor: &Visitor<'_>, page: &Page) -> Answer {
    assert!(page.status < 500, "{} {} was answered {}", route.method, page.path, page.status);
    let location = page.header("location");
    match page.status {
        303 if location.starts_with("/sign-in?next=") => Answer::SignIn,
        303 if location.starts_with("/reauthentication?next=") => Answer::Reauthenticate,
        // To whoever is armed the same way on is a handler's own.
        303 if location == "/settings/two-factor" && !visitor.is_armed() => Answer::SetUpFactor,
        401 => Answer::Unauthorized,
        403 if page.heading() == undertaking::FIRST => Answer::Agree,
        404 if is_of_account(route.guard) && !visitor.owns => Answer::NotFound,
        404 if is_of_development(route) => Answer::NotFound,
        // Behind these guards 404 means that an id leads to nothing of theirs.
        404 if !matches!(route.guard, Guard::Staff(_) | Guard::RecentStaff(_)) => Answer::Through,
        404 => Answer::NotFound,
        _ => Answer::Through,
    }
}

/// What stands for the placeholders: things of `owner`, so that whoever may see them does find them.
struct Things {
    owner: PersonId,
    colleague: PersonId,
    session: String,
    passkey: PasskeyId,
    account: AccountId,
    /// A key of the account.
    key: ApiKeyId,
    /// A mail in the mailbox of a development.
    letter: Uuid,
    /// The id of an event, a paper, a survey and an enquiry, which staff find.
    published: Uuid,
}

impl Things {
    /// Something of the account, by its SID; there is none.
    fn content_id(&self, route: &Route) -> String {
        let nothing = Uuid::nil();
        match route.path.contains("/restrictions/") {
            true => RestrictionId(nothing).to_string(),
            false => DeletionId(nothing).to_string(),
        }
    }

    fn path(&self, route: &Route) -> String {
        let area = route.path.split('{').next().unwrap_or_default();
        let person = if area == "/staff/team/" { self.colleague } else { self.owner };
        let id = match area {
            "/settings/sessions/" => self.session.clone(),
            "/settings/passkeys/" => self.passkey.to_string(),
            "/staff/jobs/" => "1".into(),
            "/dev/mailbox/" => self.letter.to_string(),
            "/accounts/" => self.content_id(route),
            _ => Uuid::nil().to_string(),
        };
        let path = route
            .path
            .replace("{account}", &self.account.to_string())
            .replace("{key}", &self.key.to_string())
            .replace("{communication}", &CommunicationId(Uuid::nil()).to_string())
            .replace("{product}", "claims")
            .replace("{person}", &person.to_string())
            .replace("{id}", &id)
            .replace("{claim}", &ClaimId(Uuid::nil()).to_string())
            .replace("{restriction}", &RestrictionId(Uuid::nil()).to_string())
            .replace("{deletion}", &DeletionId(Uuid::nil()).to_string())
            .replace("{export}", &ExportId(Uuid::nil()).to_string())
            .replace("{campaign}", &CampaignId(Uuid::nil()).to_string())
            .replace("{partner}", &PartnerId(self.published).to_string())
            .replace("{share}", &ShareId(self.published).to_string())
            .replace("{processor}", &SubProcessorId(self.published).to_string())
            .replace("{provider}", "generic")
            .replace("{table}", "people")
            .replace("{registration}", &Uuid::nil().to_string())
            .replace("{receipt}", &ReceiptId(Uuid::nil()).to_string())
            .replace("{role}", "marketing");
        let path = path
            .replace("{invitation}", &AccountInvitationId(Uuid::nil()).to_string())
            .replace("{handover}", &HandoverId(Uuid::nil()).to_string());
        let path = path
            .replace("{event}", &EventId(self.published).to_string())
            .replace("{paper}", &WhitePaperId(self.published).to_string())
            .replace("{survey}", &SurveyId(self.published).to_string())
            .replace("{enquiry}", &EnquiryId(self.published).to_string())
            .replace("{request}", &RequestId(self.published).to_string())
            .replace("{hold}", &HoldId(self.published).to_string())
            .replace("{dispute}", &DisputeId(self.published).to_string())
            .replace("{disclosure}", &DisclosureId(self.published).to_string())
            .replace("{file}", &FileId(self.published).to_string())
            .replace("{suspension}", &SuspensionId(self.published).to_string())
            .replace("{closure}", &ClosureId(self.published).to_string())
            .replace("{invoice}", &InvoiceId(self.published).to_string())
            .replace("{record}", &SubscriberRecordId(self.published).to_string())
            .replace("{appeal}", &AppealId(self.published).to_string())
            .replace("{rule}", &RuleId(self.published).to_string())
            .replace("{n}", "1")
            .replace("{alert}", &AlertId(self.published).to_string())
            .replace("{evaluation}", &EvaluationId(self.published).to_string());
        let path = path.replace("{token}", "of-nothing").replace("{name:.*}", "css/app.css");
        assert!(!path.contains('{'), "say what stands for the placeholder in {}", route.path);
        path
    }
}

async fn ask(app: &TestApp, browser: &Browser, visitor: &Visitor<'_>, route: &Route, path: &str) -> Page {
    browser.set_cookie(&cookie_name(app, "session"), "");
    if let Some(person) = &visitor.person {
        // A step of the walk may have taken it away.
        run(app, "INSERT INTO totp_factors SELECT * FROM factors_before ON CONFLICT DO NOTHING").await;
        app.sign_in_with(browser, person).await;
        if !visitor.recent {
            run(app, "UPDATE sessions SET reauthenticated_at = reauthenticated_at - interval '301 seconds'")
                .await;
        }
    }
    if route.method == "GET" {
        return browser.get(path).await;
    }
    let request = browser.request(route.method.as_str().parse().expect("a method"), path);
    browser.answer(request.header("sec-fetch-site", "same-origin").form(&[("", ""); 0])).await
}

async fn walk(app: &TestApp, things: &Things, visitor: &Visitor<'_>) {
    let browser = app.browser();
    run(app, "CREATE TABLE IF NOT EXISTS factors_before AS SELECT * FROM totp_factors").await;
    let development = routes::development_routes();
    // Only these are there: a walk of everything once is enough.
    let others = if app.config.development { Vec::new() } else { routes::routes() };
    for route in others.into_iter().chain(development) {
        let path = things.path(&route);
        let page = ask(app, &browser, visitor, &route, &path).await;
        let absent = is_of_development(&route) && !app.config.development;
        let should = if absent { Answer::NotFound } else { expected(route.guard, visitor) };
        assert_eq!(
            observed(&route, visitor, &page),
            should,
            "{} {path} as {}, guarded by {:?}: {} {}",
            route.method,
            visitor.what,
            route.guard,
            page.status,
            page.header("location")
        );
        if should == Answer::Through {
            assert_json(&route, &page);
        }
    }
    // The walk sends mail along its way; other tests say which.
    app.mailbox().await;
}

async fn things(app: &TestApp) -> (TestPerson<'_>, Things) {
    let owner = app.customer("owner@example.com").await;
    let colleague = app.customer("colleague@lossexpress.test").await.id;
    let session = app.sign_in_with(&app.browser(), &owner).await.to_string();
    let passkey = PasskeyId::new(app.clock.now());
    run(
        app,
        &format!(
            "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', 'marketing', now())",
            colleague.0
        ),
    )
    .await;
    let campaign = format!(
        "INSERT INTO campaigns (id, name, topic, subject, body, created_at, changed_at) \
         VALUES ('{}', 'News', 'newsletter', 'News', 'Words', now(), now())",
        Uuid::nil()
    );
    run(app, &campaign).await;
    let account = owner.account().await;
    let key = app.program_with(&owner, &Scope::ALL).await.user.parse().expect("the SID of a key");
    let published = Uuid::from_u128(7);
    for row in [
        "INSERT INTO partners (id, name, sends, policy_url, contact_email, proposed_by, proposed_at) VALUES ('{}', 'x', 'x', 'https://example.com', 'a@example.com', gen_random_uuid(), now())",
        "INSERT INTO partner_shares (id, partner_id, made_by, made_at) VALUES ('{}', '{}', gen_random_uuid(), now())",
        "INSERT INTO sub_processors (id, name, country, function, does, proposed_by, proposed_at) VALUES ('{}', 'x', 'DE', 'hosting', 'x', gen_random_uuid(), now())",
        "INSERT INTO events (id, title, about, place, starts_at, ends_at, capacity, created_at) VALUES ('{}', 'x', '', '', now() + interval '1 day', now() + interval '2 days', 1, now())",
        "INSERT INTO white_papers (id, title, summary, body, created_at) VALUES ('{}', 'x', '', 'x', now())",
        "INSERT INTO surveys (id, title, about, questions, created_at) VALUES ('{}', 'x', '', '{x}', now())",
        "INSERT INTO invoices (id, source, number, issued_on, due_on, currency, total_minor, tax_minor, billing_name, billing_lines, billing_city, billing_country, kept_until) \
         VALUES ('{}', 'processor', 'x', current_date, current_date, 'EUR', 1, 0, 'x', '{x}', 'x', 'DE', now() + interval '9 years')",
        "INSERT INTO sales_enquiries (id, email, message, call_wanted, token_hash, received_at) VALUES ('{}', 'a@example.com', 'x', false, sha256('x'), now())",
        "INSERT INTO disclosures (id, recipient_kind, recipient, classes, categories, words, received_on, recorded_by, recorded_at) \
         VALUES ('{}', 'operator', 'Long Lines', '{account}', '{identifiers}', 'Numbers to connect.', current_date, gen_random_uuid(), now())",
    ] {
        run(app, &row.replace("{}", &published.to_string())).await;
    }
    for row in [
        "INSERT INTO disputes (id, channel, person_id, subject, words, received_at, due_at) VALUES ('{}', 'portal', '{owner}', 'x', 'x', now(), now() + interval '30 days')",
        "INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, at) VALUES (gen_random_uuid(), '{}', 'received', 'system', now())",
        "INSERT INTO data_requests (id, kind, asked_kind, channel, person_id, ccpa, gdpr, received_at, due_at, longest_due_at) VALUES ('{}', 'access', 'access', 'portal', '{owner}', true, false, now(), now() + interval '45 days', now() + interval '90 days')",
        "INSERT INTO data_request_steps (id, request_id, act, actor_kind, at) VALUES (gen_random_uuid(), '{}', 'received', 'system', now())",
        "INSERT INTO data_request_messages (id, request_id, author_kind, body, sent_at) VALUES ('{}', '{}', 'system', 'x', now())",
        "INSERT INTO files (id, name, media_type, bytes, sha256, uploaded_by_kind, uploaded_at) VALUES ('{}', 'x.txt', 'text/plain', 1, sha256('x'), 'system', now())",
        "INSERT INTO data_request_message_files (file_id, message_id) VALUES ('{}', '{}')",
        "INSERT INTO dispute_files (file_id, dispute_id) VALUES ('{}', '{}')",
    ] {
        run(app, &row.replace("{}", &published.to_string()).replace("{owner}", &owner.id.0.to_string()))
            .await;
    }
    let hold = format!(
        "INSERT INTO holds (id, scope, table_name, matter, reason, requested_by, requested_at, lapses_at, review_on) \
         VALUES ('{published}', 'table', 'surveys', 'audit', 'Of no consequence.', '{}', now(), now() + interval '3 days', '2999-01-01')",
        colleague.0
    );
    run(app, &hold).await;
    // Without its notice: the walk is about guards.
    run(app, "ALTER TABLE suspensions DISABLE TRIGGER suspensions_notice").await;
    for row in [
        "INSERT INTO suspensions (id, account_id, level, decided_by_kind, decided_by, reason_code, words, automated, began_at, appeal_until) VALUES ('{}', '{account}', 'warned', 'staff', gen_random_uuid(), 'spam', 'Ten letters at least.', false, now(), now() + interval '7 months')",
        "INSERT INTO suspension_steps (id, suspension_id, seq, step, at, actor_kind, actor_id) VALUES (gen_random_uuid(), '{}', 0, 'began', now(), 'staff', gen_random_uuid())",
        "INSERT INTO account_closures (id, account_id, requested_by_kind, requested_by, note, requested_at, from_state, content_until, data_until, undone_at, undone_by) \
         VALUES ('{}', '{account}', 'staff', gen_random_uuid(), 'They wrote a letter.', now(), 'trial', now() + interval '30 days', now() + interval '60 days', now(), gen_random_uuid())",
        "INSERT INTO appeals (id, suspension_id, account_id, round, filed_by, words, filed_at, due_at) VALUES ('{}', '{}', '{account}', 1, '{owner}', 'x', now(), now() + interval '2 days')",
        "INSERT INTO appeal_files (file_id, appeal_id) VALUES ('{}', '{}')",
    ] {
        let row = row.replace("{}", &published.to_string()).replace("{account}", &account.0.to_string());
        run(app, &row.replace("{owner}", &owner.id.0.to_string())).await;
    }
    let sealed = |column: &str| {
        hex::encode(app.keys.seal(&format!("subscriber_records.{column}/{published}"), b"Analytical Engines"))
    };
    let record = format!(
        "INSERT INTO subscriber_records (id, account_id, country, subject, sealed_name, sealed_address, submitted_on) \
         VALUES ('{published}', '{}', 'DE', 'customer', '\\x{}', '\\x{}', '2020-01-01')",
        account.0,
        sealed("sealed_name"),
        sealed("sealed_address"),
    );
    run(app, &record).await;
    let listed = "INSERT INTO subscriber_record_files (file_id, record_id) VALUES ('{}', '{}')";
    run(app, &listed.replace("{}", &published.to_string())).await;
    for row in [
        "INSERT INTO rules (id, name, created_by, created_at) VALUES ('{}', 'A rule', '{}', now())",
        "INSERT INTO rule_versions (id, rule_id, number, expression, parameters, weight, reason_code, words, level, created_by, created_at, mode_since) \
         VALUES ('{}', '{}', 1, 'outbound_day > most', '{\"most\": 1}', 100, 'spam', 'Words for the customer.', 'warned', '{}', now(), now())",
        "INSERT INTO rule_replays (id, version_id, from_hour, to_hour, began_at, finished_at) VALUES ('{}', '{}', now() - interval '1 day', now(), now(), now())",
        "INSERT INTO rule_evaluations (id, rule_id, version_id, account_id, at, day, mode, led_to, score, combined, inputs, vals, evidence) \
         VALUES ('{}', '{}', '{}', '{account}', now(), current_date, 'shadow', 'noted', 100, '[]', '{}', '{}', '{}')",
        "INSERT INTO rule_alerts (id, rule_id, version_id, evaluation_id, account_id, raised_at, due_at) VALUES ('{}', '{}', '{}', '{}', '{account}', now(), now())",
    ] {
        // What is empty in JSON stays so.
        let row = row.replace("'[]', '{}', '{}', '{}'", "'[]', '[]', '[]', '[]'");
        run(app, &row.replace("{}", &published.to_string()).replace("{account}", &account.0.to_string()))
            .await;
    }
    let letter = Uuid::nil();
    let things = Things { owner: owner.id, colleague, session, passkey, account, key, letter, published };
    (owner, things)
}

#[tokio::test]
async fn nobody_gets_through_a_guard() {
    let app = TestApp::start().await;
    let (_, things) = things(&app).await;
    walk(&app, &things, &Visitor::nobody()).await;
}

#[tokio::test]
async fn a_customer_gets_through_to_their_own_and_to_nothing_of_the_console() {
    let app = TestApp::start().await;
    let (owner, things) = things(&app).await;
    walk(&app, &things, &Visitor::owner("a customer", owner)).await;
}

#[tokio::test]
async fn a_customer_who_was_away_shows_who_they_are_before_anything_sensitive() {
    let app = TestApp::start().await;
    let (owner, things) = things(&app).await;
    let visitor = Visitor { recent: false, ..Visitor::owner("a customer of long ago", owner) };
    walk(&app, &things, &visitor).await;
}

#[tokio::test]
async fn what_belongs_to_another_customer_is_not_found() {
    let app = TestApp::start().await;
    let (_, things) = things(&app).await;
    let other = app.customer("other@example.com").await;
    let visitor = Visitor::customer("another customer", other);
    walk(&app, &things, &visitor).await;
    let passkey = format!(
        "INSERT INTO passkeys (id, person_id, credential_id, credential, name, created_at) VALUES ('{}', '{}', 'x', '{{}}', 'Key', now())",
        things.passkey.0, things.owner.0
    );
    run(&app, &passkey).await;
    let now = app.clock.now();
    let (owner, colleague) = (PersonId::new(now), PersonId::new(now));
    let (session, passkey) = (SessionId::new(now).to_string(), PasskeyId::new(now));
    let (account, key) = (AccountId::new(now), ApiKeyId::new(now));
    let (letter, published) = (Uuid::nil(), Uuid::nil());
    let nothing = Things { owner, colleague, session, passkey, account, key, letter, published };
    let browser = app.browser();
    let theirs = |route: &Route| {
        ["{id}", "{person}", "{account}"].iter().any(|placeholder| route.path.contains(placeholder))
    };
    // Programs are not visitors: what a credential of another account finds is tested with the API.
    let pages = |route: &&Route| theirs(route) && !matches!(route.guard, Guard::Api(_) | Guard::AnyProgram);
    for route in routes::routes().iter().filter(pages) {
        let page = ask(&app, &browser, &visitor, route, &things.path(route)).await;
        let absent = ask(&app, &browser, &visitor, route, &nothing.path(route)).await;
        // Removing what is gone already is no error, so a form may answer otherwise; but no two things alike.
        assert!(
            page.status == 404 || route.method == "POST",
            "{} {}: {}",
            route.method,
            route.path,
            page.status
        );
        assert_eq!(
            (page.status, page.header("location")),
            (absent.status, absent.header("location")),
            "{} {}",
            route.method,
            route.path
        );
    }
    let owner = things.owner.0;
    let both: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(&format!(
        "SELECT count(DISTINCT s.id) + count(DISTINCT k.id) FROM sessions s JOIN passkeys k USING (person_id) WHERE person_id = '{owner}'"
    ))
    .get_result(&mut app.conn().await)
    .await
    .unwrap();
    assert_eq!(both, 2, "the owner's session and passkey are still there");
    app.mailbox().await;
}

#[tokio::test]
async fn each_role_gets_through_to_its_desks_and_finds_nothing_of_the_others() {
    for role in Role::ALL {
        let app = TestApp::start().await;
        let (_, things) = things(&app).await;
        let person = app.staff(role).await;
        walk(&app, &things, &Visitor::staff(role.as_str(), person, role)).await;
    }
}

#[tokio::test]
async fn staff_who_were_away_show_who_they_are_before_they_change_rights() {
    let app = TestApp::start().await;
    let (_, things) = things(&app).await;
    let person = app.staff(Role::Admin).await;
    let visitor = Visitor { recent: false, ..Visitor::staff("an admin of long ago", person, Role::Admin) };
    walk(&app, &things, &visitor).await;
}

#[tokio::test]
async fn what_is_for_development_is_open_there_to_everybody() {
    let app = TestApp::development().await;
    app.browser().post("/password-reset", &[("email", "nobody@example.com")]).await;
    let letter = app.mail_to("nobody@example.com").await.id;
    let (owner, things) = things(&app).await;
    let (things, staff) = (Things { letter, ..things }, app.staff(Role::Support).await);
    walk(&app, &things, &Visitor::nobody()).await;
    walk(&app, &things, &Visitor::owner("a customer", owner)).await;
    walk(&app, &things, &Visitor::staff("staff", staff, Role::Support)).await;
}

#[tokio::test]
async fn staff_without_a_second_factor_can_do_nothing_but_set_one_up() {
    let app = TestApp::start().await;
    let (_, things) = things(&app).await;
    let person = app.staff(Role::Admin).await;
    run(&app, "DELETE FROM totp_factors").await;
    let visitor = Visitor::staff("an admin without a factor", person, Role::Admin);
    walk(&app, &things, &Visitor { has_factor: false, ..visitor }).await;
}

#[tokio::test]
async fn staff_who_have_not_agreed_to_confidentiality_reach_nothing_that_is_about_people() {
    let app = TestApp::start().await;
    let (_, things) = things(&app).await;
    let person = app.staff(Role::Admin).await;
    run(&app, "DELETE FROM staff_undertakings").await;
    for role in Role::ALL.iter().filter(|role| **role != Role::Admin) {
        let grant = "INSERT INTO staff_roles (person_id, role, granted_at) VALUES ('{}', '{role}', now())";
        let grant = grant.replace("{}", &person.id.0.to_string()).replace("{role}", role.as_str());
        run(&app, &grant).await;
    }
    let visitor = Visitor::staff("staff in every role who have not agreed", person, Role::Admin);
    walk(&app, &things, &Visitor { roles: Role::ALL.to_vec(), is_bound: false, ..visitor }).await;
}
