//! People in one line: written as rows, because how they came to be is the business of other tests.

use std::collections::HashMap;
use std::process::Command;

use actix_session::storage::SessionStore as _;
use actix_web::cookie::time::Duration as CookieDuration;
use actix_web::cookie::{Cookie, CookieJar};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::permissions::AccountRole;
use portal::platform::app::App;
use portal::platform::db::schema::{account_members, accounts, people, staff_roles, totp_factors};
use portal::platform::ids::{AccountId, PersonId, SessionId};
use portal::platform::web::server::cookie_name;
use portal::platform::web::session::{Auth, PgSessions, SessionKind};
use portal::staff::permissions::Role;
use portal::staff::undertaking;
use tokio::sync::OnceCell;

use super::browser::FIREFOX;
use super::{Browser, TestApp};

/// The password of everybody in the tests.
pub const PASSWORD: &str = "copper lantern wide river";
/// The secret of every authenticator app in the tests, in Base32; 160 bits.
pub const TOTP_SECRET: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const TOTP_SECRET_BYTES: &[u8] = b"12345678901234567890";

/// Hashed once: it takes 46 MiB and a while.
static HASH: OnceCell<String> = OnceCell::const_new();

/// Somebody who can sign in.
#[derive(Clone, Debug)]
pub struct TestPerson<'a> {
    app: &'a TestApp,
    /// SID.
    pub id: PersonId,
    /// Name, made of the address.
    pub name: String,
    /// Address.
    pub email: String,
    /// Number in E.164.
    pub phone: String,
    /// Secret of the authenticator app in Base32, if there is one.
    pub totp: Option<&'static str>,
    is_staff: bool,
}

impl TestApp {
    /// A customer with a password ([`PASSWORD`]), a confirmed phone and an account.
    pub async fn customer(&self, email: &str) -> TestPerson<'_> {
        let person = self.person(email).await;
        self.account_of(&person, "First account").await;
        person
    }

    /// Another account that this person owns.
    pub async fn account_of(&self, owner: &TestPerson<'_>, name: &str) -> AccountId {
        let now = self.clock.now();
        let account = AccountId::new(now);
        let mut conn = self.conn().await;
        portal::accounts::insert(&mut conn, &self.keys, account, owner.id, name, now)
            .await
            .expect("a new account");
        account
    }

    /// Makes somebody a member of an account, as if they had accepted an invitation.
    pub async fn add_member(&self, account: AccountId, person: &TestPerson<'_>, role: AccountRole) {
        diesel::insert_into(account_members::table)
            .values((
                account_members::account_id.eq(account),
                account_members::person_id.eq(person.id),
                account_members::role.eq(role.as_str()),
                account_members::joined_at.eq(self.clock.now()),
            ))
            .execute(&mut self.conn().await)
            .await
            .expect("a new member");
    }

    /// A member of staff with this role, an authenticator app and the undertaking behind them; their address begins with the
    /// role.
    pub async fn staff(&self, role: Role) -> TestPerson<'_> {
        let person = self.person(&format!("{}@lossexpress.test", role.as_str())).await;
        diesel::insert_into(staff_roles::table)
            .values((
                staff_roles::person_id.eq(person.id),
                staff_roles::role.eq(role.as_str()),
                staff_roles::granted_at.eq(self.clock.now()),
            ))
            .execute(&mut self.conn().await)
            .await
            .expect("a new role");
        TestPerson { is_staff: true, ..person.with_totp().await.bound().await }
    }

    async fn person(&self, email: &str) -> TestPerson<'_> {
        let now = self.clock.now();
        let id = PersonId::new(now);
        let name = email.split('@').next().unwrap_or_default();
        let name = name.split('.').map(capitalised).collect::<Vec<_>>().join(" ");
        // A number per person, of the range that no telephone has.
        let phone = format!("+1202555{:04}", 100 + id.0.as_u128() % 100);
        let hash = HASH.get_or_init(async || self.passwords.hash(PASSWORD).await.expect("a hash")).await;
        diesel::insert_into(people::table)
            .values((
                people::id.eq(id),
                people::name.eq(&name),
                people::email.eq(email),
                people::phone.eq(&phone),
                people::phone_verified_at.eq(now),
                people::email_verified_at.eq(now),
                people::password_hash.eq(hash),
                people::password_changed_at.eq(now),
                people::created_at.eq(now),
            ))
            .execute(&mut self.conn().await)
            .await
            .expect("a new person");
        TestPerson { app: self, id, name, email: email.to_owned(), phone, totp: None, is_staff: false }
    }

    /// A browser in which this person has just signed in.
    pub async fn sign_in_as(&self, person: &TestPerson<'_>) -> Browser {
        let browser = self.browser();
        self.sign_in_with(&browser, person).await;
        browser
    }

    /// Signs this person in, in a browser that is there already, without the pages of signing in.
    pub async fn sign_in_with(&self, browser: &Browser, person: &TestPerson<'_>) -> SessionId {
        let now = self.clock.now();
        let kind = if person.is_staff { SessionKind::Staff } else { SessionKind::Customer };
        let version = people::table
            .find(person.id)
            .select(people::credential_version)
            .first(&mut self.conn().await)
            .await;
        let auth = Auth {
            session: SessionId::new(now),
            person: person.id,
            kind,
            credential_version: version.expect("the person is there"),
            authenticated_at: now,
            reauthenticated_at: now,
            expires_at: now + kind.limits().1,
            ip: None,
            country: None,
            user_agent: FIREFOX.into(),
            name: String::new(),
            email: String::new(),
            roles: Vec::new(),
            has_totp: false,
            has_passkey: false,
            recovery_pending: false,
            undertaking: None,
        };
        let state = HashMap::from([("auth".to_owned(), serde_json::to_string(&auth).expect("plain data"))]);
        let token = PgSessions::new(App::clone(self))
            .save(state, &CookieDuration::days(30))
            .await
            .expect("a session");
        let name = cookie_name(self, "session");
        browser.set_cookie(&name, &self.signed(&name, token.as_ref()));
        auth.session
    }

    /// A cookie's value as the server signs it.
    pub fn signed(&self, name: &str, value: &str) -> String {
        let mut jar = CookieJar::new();
        jar.signed_mut(&self.keys.cookie_key()).add(Cookie::new(name.to_owned(), value.to_owned()));
        jar.get(name).expect("just added").value().to_owned()
    }

    /// The code that an authenticator app shows now, by the portal's clock.
    pub fn code(&self, secret: &str) -> String {
        code_at(secret, self.clock.now().timestamp())
    }
}

impl TestPerson<'_> {
    /// Their first account.
    pub async fn account(&self) -> AccountId {
        let owned = accounts::table.filter(accounts::owner_id.eq(self.id)).order(accounts::id);
        owned.select(accounts::id).first(&mut self.app.conn().await).await.expect("an owner of an account")
    }

    /// With an authenticator app whose secret is [`TOTP_SECRET`].
    pub async fn with_totp(self) -> Self {
        let now = self.app.clock.now();
        let keys = &self.app.keys;
        diesel::insert_into(totp_factors::table)
            .values((
                totp_factors::person_id.eq(self.id),
                totp_factors::sealed_secret.eq(keys.seal("totp_factors.sealed_secret", TOTP_SECRET_BYTES)),
                totp_factors::last_step.eq(0),
                totp_factors::created_at.eq(now),
                totp_factors::last_used_at.eq(now),
            ))
            .execute(&mut self.app.conn().await)
            .await
            .expect("a new factor");
        Self { totp: Some(TOTP_SECRET), ..self }
    }

    /// Having agreed to confidentiality, as staff do before they reach anything of people.
    pub async fn bound(self) -> Self {
        let (app, now) = (self.app, self.app.clock.now());
        undertaking::record(&mut *app.conn().await, self.id, now).await.expect("a new undertaking");
        self
    }

    /// The code that their authenticator app shows now.
    pub fn code(&self) -> String {
        self.app.code(self.totp.expect("a person with_totp()"))
    }
}

/// The code that Debian's `oathtool` computes for this second since 1970: a program that shares nothing with ours.
pub fn code_at(secret: &str, second: i64) -> String {
    let mut oathtool = Command::new("oathtool");
    oathtool.args(["--totp", "--base32", "--now", &format!("@{second}"), secret]);
    let output = oathtool.output().expect("oathtool is installed: script/install-prerequisites test");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("digits").trim().to_owned()
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
