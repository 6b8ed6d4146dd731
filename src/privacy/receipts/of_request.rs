//! Receipts of requests about data: whoever asked gets one with every answer.

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::document::{Reason, Stays};
use super::{Issued, Kind, Receipt, issue};
use crate::platform::app::App;
use crate::platform::ids::{ReceiptId, RequestId};
use crate::privacy::data_requests;
use crate::privacy::data_requests::queries::{self, Taken, Withheld};
use crate::privacy::data_requests::states::State;
use crate::retention::rules;

/// Issues the receipt of a request that has just got its answer, inside the transaction. Nothing for one that is under
/// way, was withdrawn, or ended by itself: nothing was done about it.
///
/// # Errors
/// What the database says.
pub async fn answered(
    conn: &mut AsyncPgConnection,
    app: &App,
    id: RequestId,
    now: DateTime<Utc>,
) -> QueryResult<Option<Issued>> {
    let request = queries::find(conn, id).await?;
    let kind = match request.state() {
        State::Fulfilled => Kind::RequestFulfilled,
        State::PartlyFulfilled => Kind::RequestPartlyFulfilled,
        State::Denied => Kind::RequestDenied,
        _ => return Ok(None),
    };
    let withheld = queries::withheld(conn, id).await?;
    let steps = queries::steps(conn, id).await?;
    let rule = &rules::DATA_REQUESTS;
    let record = Stays {
        what: "The record of this request".into(),
        why: "we have to show that we answered it (11 CCR 7101), and use it for nothing else".into(),
        until: request.closed_at.and_then(|closed| rule.goes_at(closed)),
        for_good: false,
    };
    let receipt = Receipt {
        person: request.person,
        // The customer whose end user asks has no part in it: it is for whoever asked.
        account: request.account.filter(|_| request.kind() != data_requests::kinds::Kind::EndUser),
        request: Some((id, request.kind_name.clone(), request.received_at)),
        rules: vec![rule],
        stays: vec![record],
        reasons: reasons(&withheld, steps.iter().find(|step| step.act == request.state_name)),
        ..Receipt::new(kind)
    };
    issue(conn, app, now, &receipt).await.map(Some)
}

/// The reasons of what was withheld, each once with how many things it holds for, and that of a denial.
fn reasons(withheld: &[Withheld], last: Option<&Taken>) -> Vec<Reason> {
    let mut reasons: Vec<Reason> = Vec::new();
    for one in withheld {
        let known = reasons
            .iter_mut()
            .find(|known| known.code == one.reason_code && known.look_again_on == one.look_again_on);
        match known {
            Some(known) => known.items += 1,
            None => reasons.push(Reason {
                code: one.reason_code.clone(),
                ground: one.legal_ground.clone(),
                items: 1,
                look_again_on: one.look_again_on,
            }),
        }
    }
    reasons.extend(last.and_then(|step| {
        Some(Reason {
            code: step.reason_code.clone()?,
            ground: step.legal_ground.clone()?,
            items: 1,
            look_again_on: step.look_again_on?,
        })
    }));
    reasons
}

/// The receipt of a request, if it has one: its number, and as it is handed out.
///
/// # Errors
/// What the database says.
pub async fn find(
    conn: &mut AsyncPgConnection,
    request: RequestId,
) -> QueryResult<Option<(ReceiptId, String)>> {
    Ok(super::queries::of_request(conn, request).await?.map(|row| (row.id, row.document)))
}
