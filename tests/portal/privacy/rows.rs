//! Every condition that the map leads to is one that Postgres takes, and finds whose rows they are.

use diesel::QueryableByName;
use diesel::sql_types::BigInt;
use diesel_async::RunQueryDsl as _;
use portal::privacy::data_map::rows::Subject;
use portal::privacy::data_map::{self, Owner, Table};

use crate::support::TestApp;

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

async fn count(app: &TestApp, subject: &Subject, table: &Table) -> i64 {
    let condition = subject.condition(table).expect("a way to its rows");
    let query = subject.query(format!("SELECT count(*) AS count FROM {} WHERE {condition}", table.name));
    let row: Count = query.get_result(&mut app.conn().await).await.expect("a condition that Postgres takes");
    let literal = subject.literal_condition(table).expect("a way to its rows");
    let query = format!("SELECT count(*) AS count FROM {} WHERE {literal}", table.name);
    let same: Count = diesel::sql_query(query).get_result(&mut app.conn().await).await.expect("plain SQL");
    assert_eq!(row.count, same.count, "{}", table.name);
    row.count
}

#[tokio::test]
async fn every_table_of_somebody_can_be_asked_for_a_person_and_an_account() {
    let app = TestApp::start().await;
    let ada = app.customer("ada@example.com").await;
    let person = Subject::find_person(&mut *app.conn().await, &app.keys, ada.id).await.unwrap();
    let account = Subject::Account { id: ada.account().await };
    let mut of_accounts = 0;
    for table in data_map::tables() {
        assert_eq!(person.condition(table).is_none(), table.owner == Owner::Nobody, "{}", table.name);
        if person.condition(table).is_some() {
            count(&app, &person, table).await;
        }
        if account.condition(table).is_some() {
            count(&app, &account, table).await;
            of_accounts += 1;
        }
    }
    assert!(of_accounts > 15, "{of_accounts}");
}

#[tokio::test]
async fn what_is_found_is_theirs_alone() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    app.sign_in_as(&ada).await;
    let person = Subject::find_person(&mut *app.conn().await, &app.keys, ada.id).await.unwrap();
    let other = Subject::find_person(&mut *app.conn().await, &app.keys, bob.id).await.unwrap();
    let of = |name: &str| data_map::table(name).unwrap();
    for table in ["people", "accounts", "account_states", "auth_tokens"] {
        assert_eq!(count(&app, &person, of(table)).await, 1, "{table}");
        assert_eq!(count(&app, &other, of(table)).await, 1, "{table}");
    }
    assert_eq!(count(&app, &person, of("sessions")).await, 1);
    assert_eq!(count(&app, &other, of("sessions")).await, 0);
}

#[tokio::test]
async fn an_address_leads_to_no_row_that_names_somebody_else() {
    let app = TestApp::start().await;
    let (ada, bob) = (app.customer("ada@example.com").await, app.customer("bob@example.com").await);
    for person in ["NULL".to_owned(), format!("'{}'", bob.id.0)] {
        diesel::sql_query(format!(
            "INSERT INTO messages (id, kind, name, class, person_id, recipient, subject, message_id, created_at, sent_at) \
             VALUES (gen_random_uuid(), 'mail', 'x', 'transactional', {person}, 'ADA@example.com', 's', gen_random_uuid()::text, now(), now())"
        ))
        .execute(&mut app.conn().await)
        .await
        .unwrap();
    }
    let person = Subject::find_person(&mut *app.conn().await, &app.keys, ada.id).await.unwrap();
    assert_eq!(count(&app, &person, data_map::table("messages").unwrap()).await, 1);
    app.mailbox().await;
}
