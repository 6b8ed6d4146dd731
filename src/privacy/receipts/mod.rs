//! Receipts (S91, S81): every act that is done about somebody's data, or is not done, leaves a document that says what,
//! when, how much of each class, by which rules, what stays and until when, and why something was not done. It is
//! signed, so that it can be shown and checked years later by anybody who has the public key, without asking us:
//! `portal receipt verify FILE`. It names people and accounts by their SIDs and holds no other word of theirs.
//!
//! A receipt is issued inside the transaction of the act. Its owner finds it on their pages; who is erased with that
//! very act gets it by mail, as text.
//!
//! - [`document`]: what a receipt says
//! - [`of_request`]: receipts of requests about data
//! - [`keys`]: the keys that are published
//! - [`verification`]: checking one, also without this portal
//! - [`web`]: the pages

pub mod document;
pub mod keys;
pub mod of_request;
mod queries;
pub mod verification;
pub mod web;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use self::document::{Count, Document, Reason, Stays};
use crate::platform::app::App;
use crate::platform::ids::{AccountId, PersonId, ReceiptId, RequestId};
use crate::retention::rules::Rule;

/// What stands in the signature: a receipt is no other signed document.
const TYPE: &str = "receipt+jws";

/// What was done, or was not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A request was done.
    RequestFulfilled,
    /// A request was done but for what was withheld.
    RequestPartlyFulfilled,
    /// A request was not done.
    RequestDenied,
    /// A person was erased.
    PersonErased,
    /// Somebody asked to close an account; what is in it goes later.
    AccountClosed,
    /// They took that back.
    ClosureUndone,
    /// What programs kept in an account went; the account itself goes later.
    ContentErased,
    /// An account went with all that was left in it.
    AccountErased,
    /// Records in an account were deleted on instruction.
    ContentDeleted,
    /// A suspension of an account began.
    SuspensionBegan,
    /// An appeal against a suspension was decided.
    AppealDecided,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::RequestFulfilled,
        Self::RequestPartlyFulfilled,
        Self::RequestDenied,
        Self::PersonErased,
        Self::AccountClosed,
        Self::ClosureUndone,
        Self::ContentErased,
        Self::AccountErased,
        Self::ContentDeleted,
        Self::SuspensionBegan,
        Self::AppealDecided,
    ];

    /// As it is stored and signed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestFulfilled => "request_fulfilled",
            Self::RequestPartlyFulfilled => "request_partly_fulfilled",
            Self::RequestDenied => "request_denied",
            Self::PersonErased => "person_erased",
            Self::AccountClosed => "account_closed",
            Self::ClosureUndone => "account_closure_undone",
            Self::ContentErased => "account_content_erased",
            Self::AccountErased => "account_erased",
            Self::ContentDeleted => "content_deleted",
            Self::SuspensionBegan => "suspension_began",
            Self::AppealDecided => "appeal_decided",
        }
    }

    /// Reads a kind as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::RequestFulfilled => "A request was done",
            Self::RequestPartlyFulfilled => "A request was done in part",
            Self::RequestDenied => "A request was not done",
            Self::PersonErased => "Everything about a person was deleted",
            Self::AccountClosed => "The closure of an account was asked for",
            Self::ClosureUndone => "The closure of an account was undone",
            Self::ContentErased => "The claims and communications in an account were deleted",
            Self::AccountErased => "An account was deleted with what was in it",
            Self::ContentDeleted => "Records were deleted on instruction",
            Self::SuspensionBegan => "An account was suspended or warned",
            Self::AppealDecided => "An appeal was decided",
        }
    }
}

/// A receipt to be issued. Begin with [`Receipt::new`] and fill in what applies.
#[derive(Clone, Debug)]
pub struct Receipt {
    /// What was done.
    pub kind: Kind,
    /// About whom. Nobody finds the receipt by it any more once they are erased.
    pub person: Option<PersonId>,
    /// In which account.
    pub account: Option<AccountId>,
    /// For which request: its number, what was asked for as it is stored, and when it came in.
    pub request: Option<(RequestId, String, DateTime<Utc>)>,
    /// How many rows of each class went, were made anonymous, or stay.
    pub counts: Vec<Count>,
    /// The rules that were applied.
    pub rules: Vec<&'static Rule>,
    /// What stays, why and until when.
    pub stays: Vec<Stays>,
    /// Why something was not done.
    pub reasons: Vec<Reason>,
    /// The suspension that it is about.
    pub suspension: Option<document::Suspension>,
}

impl Receipt {
    /// A receipt of this kind that says nothing else yet.
    pub fn new(kind: Kind) -> Self {
        let (counts, rules, stays, reasons) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        Self {
            kind,
            person: None,
            account: None,
            request: None,
            counts,
            rules,
            stays,
            reasons,
            suspension: None,
        }
    }
}

/// A receipt as it was issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// SID.
    pub id: ReceiptId,
    /// As it is handed out: a compact JWS.
    pub signed: String,
}

impl Issued {
    /// The receipt as lines of a mail, for somebody who has no page to fetch it from any more. `portal receipt verify`
    /// finds it in the text of the mail.
    pub fn in_mail(&self) -> String {
        verification::in_lines(&self.signed)
    }
}

/// Signs a receipt and keeps it, inside the caller's transaction.
///
/// # Errors
/// What the database says.
pub async fn issue(
    conn: &mut AsyncPgConnection,
    app: &App,
    now: DateTime<Utc>,
    receipt: &Receipt,
) -> QueryResult<Issued> {
    let id = ReceiptId::new(now);
    let signed = sign(app, &Document::of(app, &id.to_string(), receipt, now));
    queries::insert(conn, id, receipt, &signed, now).await?;
    Ok(Issued { id, signed })
}

/// Signs a document that is kept elsewhere, or can be made again from what is.
pub fn sign(app: &App, document: &Document) -> String {
    let bytes = serde_json::to_vec(document).expect("texts and numbers");
    app.receipt_keys.signer.sign(TYPE, &bytes)
}
