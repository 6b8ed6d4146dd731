//! Rows of the test's database, for what no page shows or makes.

use diesel_async::RunQueryDsl as _;

use super::TestApp;

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    count: i64,
}

/// Carries out a statement.
pub async fn run(app: &TestApp, statement: &str) {
    diesel::sql_query(statement)
        .execute(&mut app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {statement}"));
}

/// How many rows there are of something: a table, with a condition behind it if need be.
pub async fn count(app: &TestApp, of: &str) -> i64 {
    let row: Count = diesel::sql_query(format!("SELECT count(*) AS count FROM {of}"))
        .get_result(&mut app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {of}"));
    row.count
}
