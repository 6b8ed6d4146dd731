//! The link by which somebody without an account comes back to their dispute, and shows that the mailbox is theirs. It is
//! sealed, says nothing to whoever sees it, and works until three months after the dispute ended.

use chrono::{DateTime, Duration, Utc};

use super::Dispute;
use crate::platform::app::App;
use crate::platform::crypto::Keys;
use crate::platform::ids::DisputeId;

/// What is sealed is bound to this use.
const PLACE: &str = "disputes.link";
/// How long it works after the end.
const AFTERWARDS: Duration = Duration::days(90);

/// The token of the link to a dispute. Each time another one, and all of them work.
pub fn token(keys: &Keys, dispute: DisputeId) -> String {
    keys.link(PLACE, dispute.0)
}

/// The dispute that a token leads to; nothing if it is none of ours.
pub fn parse(keys: &Keys, token: &str) -> Option<DisputeId> {
    keys.linked(PLACE, token).map(DisputeId)
}

/// Whether the link to a dispute still works.
pub fn works(dispute: &Dispute, now: DateTime<Utc>) -> bool {
    dispute.closed_at.is_none_or(|closed| now < closed + AFTERWARDS)
}

/// Where whoever raised a dispute finds it: signed in, or by the link.
pub fn url(app: &App, dispute: &Dispute) -> String {
    if dispute.channel == "portal" {
        return app.url(&format!("/privacy/disputes/{}", dispute.id));
    }
    app.url(&format!("/privacy/disputes/links/{}", token(&app.keys, dispute.id)))
}
