//! The database of a program that measures: a connection beside the pool, and a portal on it.

#![allow(dead_code, reason = "each program uses its part")]

use std::collections::HashMap;

use portal::platform::app::App;
use portal::platform::clock::Clock;
use portal::platform::config::Config;
use portal::platform::db::{self, Db};

/// A connection.
pub async fn connect(url: &str) -> anyhow::Result<tokio_postgres::Client> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    Ok(client)
}

/// Removes a database, from a connection to another one.
pub async fn remove(beside: &str, name: &str) -> anyhow::Result<()> {
    Ok(connect(beside).await?.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?)
}

/// A portal on this database, which gets its tables.
pub async fn a_portal(url: &str) -> anyhow::Result<App> {
    db::migrate(url).await?;
    let settings = [
        ("PORTAL_ENV", "development"),
        ("PORTAL_BASE_URL", "http://localhost"),
        ("PORTAL_SECRET_KEY", "YmVuY2hlcyBzaWduIGFuZCBzZWFsIHdpdGggdGhpcyBrZXk="),
    ];
    let settings: HashMap<String, String> =
        settings.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let pool = Db::open(url, 2, tokio::runtime::Handle::current())?;
    App::new(Config::read(&settings, false, None)?, Clock::default(), pool)
}
