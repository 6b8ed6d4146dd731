//! A deletion that staff decide on: it begins then, and the request is done when everything is deleted.

use diesel::QueryResult;
use diesel::result::Error::RollbackTransaction;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _};

use crate::platform::app::App;
use crate::platform::ids::{PersonId, RequestId};
use crate::privacy::data_requests::queries;
use crate::privacy::data_requests::states::{self, Act, By, Step};
use crate::privacy::erasure;

/// Begins the deletion that a member of staff decided on, inside the caller's transaction, with the version that they looked
/// at and what they wrote.
///
/// # Errors
/// A refusal where the rules do not allow the decision, or something stands against the deletion; what the database says.
pub(super) async fn begin(
    conn: &mut AsyncPgConnection,
    app: &App,
    staff: PersonId,
    id: RequestId,
    (version, words): (i32, &str),
) -> QueryResult<()> {
    let (now, by) = (app.clock.now(), By::Staff(staff));
    // Whoever undoes it waits for this, and then finds that it has begun.
    let request = queries::lock(conn, id).await?;
    // The database says whether the request may be done now; it is done later, so that the step is taken back.
    let step = Step::new(Act::Fulfilled, by).seen(version).words(words);
    let allowed = conn.transaction(async |conn| {
        states::take(conn, id, &step, now).await?;
        Err::<(), _>(RollbackTransaction)
    });
    match allowed.await {
        Err(RollbackTransaction) => {}
        refused => return refused,
    }
    if erasure::order_for(conn, &app.keys, &request, by, now).await?.is_some() {
        let refuse =
            "SELECT refuse_data_request('data_requests_obstacle', 'something stands against the deletion')";
        diesel::sql_query(refuse).execute(conn).await?;
    }
    let note = format!("Decided: everything is deleted now. {words}");
    let note: String = note.chars().take(4000).collect();
    states::take(conn, id, &Step::new(Act::Noted, by).note(&note), now).await
}
