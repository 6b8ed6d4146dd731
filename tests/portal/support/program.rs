//! A customer's program: JSON over HTTP with a credential of an account.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use portal::accounts::auth_token::SECRET_PLACE;
use portal::accounts::secrets::{Kind, Secret};
use portal::api::scopes::Scope;
use portal::platform::db::schema::{api_keys, auth_tokens};
use portal::platform::ids::{AccountId, ApiKeyId};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;

use super::{Browser, Page, TestApp, TestPerson};

/// A program with a credential.
#[derive(Clone, Debug)]
pub struct Program {
    /// Its connection; clones share it.
    pub client: Browser,
    /// The account that it works in.
    pub account: AccountId,
    /// SID of the credential: of the account, or of a key.
    pub user: String,
    /// Its secret.
    pub secret: String,
}

impl TestApp {
    /// A program with the auth token of this person's first account.
    pub async fn program(&self, owner: &TestPerson<'_>) -> Program {
        let account = owner.account().await;
        self.program_in(account).await
    }

    /// A program with the auth token of this account, which nobody has looked at yet.
    pub async fn program_in(&self, account: AccountId) -> Program {
        let sealed: Option<Vec<u8>> = auth_tokens::table
            .filter(auth_tokens::account_id.eq(account).and(auth_tokens::slot.eq("primary")))
            .filter(auth_tokens::revoked_at.is_null())
            .select(auth_tokens::sealed_secret)
            .first(&mut self.conn().await)
            .await
            .expect("an auth token");
        let secret = self.keys.open(SECRET_PLACE, &sealed.expect("not yet shown")).expect("sealed here");
        let secret = String::from_utf8(secret).expect("text");
        Program { client: self.browser(), account, user: account.to_string(), secret }
    }

    /// The program that uses the credential whose secret is shown on this page.
    pub fn program_shown(&self, account: AccountId, page: &Page) -> Program {
        let secret = page.first("#secret").expect("a secret on the page");
        let user = page.first("#user-name").expect("a user name on the page");
        Program { client: self.browser(), account, user, secret }
    }

    /// A program with an API key of this person's first account that has these scopes.
    pub async fn program_with(&self, owner: &TestPerson<'_>, scopes: &[Scope]) -> Program {
        let (now, account) = (self.clock.now(), owner.account().await);
        let (id, secret) = (ApiKeyId::new(now), Secret::generate(&self.keys, Kind::ApiKey));
        let scopes: Vec<&str> = scopes.iter().map(|scope| scope.as_str()).collect();
        diesel::insert_into(api_keys::table)
            .values((
                api_keys::id.eq(id),
                api_keys::account_id.eq(account),
                api_keys::name.eq("Test key"),
                api_keys::scopes.eq(scopes),
                api_keys::secret_digest.eq(secret.digest(&self.keys)),
                api_keys::created_at.eq(now),
            ))
            .execute(&mut self.conn().await)
            .await
            .expect("a new key");
        let secret = secret.expose().to_owned();
        Program { client: self.browser(), account, user: id.to_string(), secret }
    }
}

impl Program {
    /// The address of something in the account: `/v1/accounts/AC…` and this.
    pub fn path(&self, rest: &str) -> String {
        format!("/v1/accounts/{}{rest}", self.account)
    }

    /// A request that is signed and not yet sent. `rest` is below the account, or a whole path of `/v1`.
    pub fn request(&self, method: Method, rest: &str) -> RequestBuilder {
        let path = if rest.starts_with("/v1/") { rest.to_owned() } else { self.path(rest) };
        self.client.request(method, &path).basic_auth(&self.user, Some(&self.secret))
    }

    /// Sends a request.
    pub async fn send(&self, request: RequestBuilder) -> Page {
        self.client.answer(request).await
    }

    /// GET.
    pub async fn get(&self, rest: &str) -> Page {
        self.send(self.request(Method::GET, rest)).await
    }

    /// POST of JSON.
    pub async fn post(&self, rest: &str, body: &Value) -> Page {
        self.send(self.request(Method::POST, rest).json(body)).await
    }

    /// PATCH of JSON, about this version.
    pub async fn patch(&self, rest: &str, etag: &str, body: &Value) -> Page {
        self.send(self.request(Method::PATCH, rest).header("if-match", etag).json(body)).await
    }

    /// DELETE.
    pub async fn delete(&self, rest: &str) -> Page {
        self.send(self.request(Method::DELETE, rest)).await
    }
}
