//! Mail about requests. None of it tells more than that there is something to read, what it is about and by when.

mod sending;

pub(super) use sending::{acknowledge, answer, send, tell};

use crate::platform::mail::{wrapped, wrapped_lines};

crate::mail! {
    /// Confirms that a request came in.
    pub struct DataRequestReceived {
        /// Who reads it.
        pub recipient_name: String,
        /// SID.
        pub number: String,
        /// What was asked for.
        pub what: String,
        /// When it came in.
        pub received: String,
        /// By when there is an answer.
        pub due: String,
        /// How it goes on.
        pub next: String,
        /// The page of the request.
        pub url: String,
    }
    name: "data_request_received", text: "mail/data_request_received.txt", html: "mail/data_request_received.html", class: Transactional,
    subject: |_mail| "We have your request about your data".into()
}

impl DataRequestReceived {
    /// How it goes on, in lines of a mail.
    pub fn next_lines(&self) -> String {
        wrapped(&self.next)
    }
}

crate::mail! {
    /// The code that shows that a mailbox is theirs.
    pub struct DataRequestCode {
        /// Who reads it.
        pub recipient_name: String,
        /// Six digits.
        pub code: String,
        /// Until when it works.
        pub until: String,
        /// The page of the request.
        pub url: String,
    }
    name: "data_request_code", text: "mail/data_request_code.txt", html: "mail/data_request_code.html", class: Transactional,
    subject: |_mail| "Your code for the request about your data".into()
}

crate::mail! {
    /// Tells whoever asked that something happened.
    pub struct DataRequestNews {
        /// Who reads it.
        pub recipient_name: String,
        /// What happened.
        pub headline: String,
        /// More about it.
        pub sentence: String,
        /// SID.
        pub number: String,
        /// The page of the request.
        pub url: String,
    }
    name: "data_request_news", text: "mail/data_request_news.txt", html: "mail/data_request_news.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl DataRequestNews {
    /// The sentence, in lines of a mail.
    pub fn lines(&self) -> String {
        wrapped(&self.sentence)
    }
}

/// Why something was not done.
#[derive(Clone, Debug)]
pub struct NotDone {
    /// What.
    pub item: String,
    /// Why, for whoever asked.
    pub words: String,
    /// The law behind it.
    pub ground: String,
    /// When somebody looks again.
    pub again: String,
}

impl NotDone {
    /// All of it, in lines of a mail.
    pub fn lines(&self) -> String {
        let Self { item, words, ground, again } = self;
        wrapped(&format!("{item}: {words} Legal ground: {ground}. We look at it again on {again}."))
    }
}

crate::mail! {
    /// The answer.
    pub struct DataRequestAnswered {
        /// Who reads it.
        pub recipient_name: String,
        /// What came of it.
        pub headline: String,
        /// More about it.
        pub words: String,
        /// What was not done, and why.
        pub not_done: Vec<NotDone>,
        /// SID.
        pub number: String,
        /// The page of the request.
        pub url: String,
    }
    name: "data_request_answered", text: "mail/data_request_answered.txt", html: "mail/data_request_answered.html", class: Transactional,
    subject: |mail| mail.headline.clone()
}

impl DataRequestAnswered {
    /// The words, in lines of a mail.
    pub fn lines(&self) -> String {
        wrapped_lines(&self.words)
    }
}

crate::mail! {
    /// Tells the privacy team what has come to a further share of its time.
    pub struct DataRequestsWaiting {
        /// Who reads it.
        pub recipient_name: String,
        /// Whether something is overdue.
        pub late: bool,
        /// A line for each request.
        pub lines: Vec<String>,
        /// The queue.
        pub url: String,
    }
    name: "data_requests_waiting", text: "mail/data_requests_waiting.txt", html: "mail/data_requests_waiting.html", class: Transactional,
    subject: |mail| if mail.late { "Data requests are overdue".into() } else { "Data requests wait for an answer".into() }
}

crate::mail! {
    /// Passes the request of an end user on to our customer (S161).
    pub struct EndUserRequestPassedOn {
        /// Who reads it.
        pub recipient_name: String,
        /// What the account is called.
        pub account: String,
        /// Where the end user can be reached.
        pub from: String,
        /// When it came in.
        pub received: String,
        /// What they ask, in their words.
        pub details: String,
        /// SID.
        pub number: String,
        /// Where the customer can find, export, restrict and delete.
        pub url: String,
    }
    name: "end_user_request_passed_on", text: "mail/end_user_request_passed_on.txt", html: "mail/end_user_request_passed_on.html", class: Transactional,
    subject: |mail| format!("Somebody asks about data in {}", mail.account)
}

impl EndUserRequestPassedOn {
    /// What they ask, in lines of a mail.
    pub fn details_lines(&self) -> String {
        wrapped_lines(&self.details)
    }
}
