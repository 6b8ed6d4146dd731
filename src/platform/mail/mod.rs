//! Mail. Each is a struct with a text and an HTML template, made with [`mail!`], and leaves through
//! the outbox.

mod compose;
mod dkim;
mod line;
mod merge;
mod smtp;

pub use compose::{Letter, Parts, one_click_headers};
pub use line::Line;
pub use merge::{Encoded, MARK, Part};
pub use smtp::{Mailer, Parcel};

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::crypto::Keys;
use super::ids::MessageId;
use super::messages::{self, Body, Class, Kind, Outgoing};

/// A mail that can be written.
pub trait Mail {
    /// Its name, as its templates are called.
    const NAME: &'static str;
    /// What it may be sent for.
    const CLASS: Class;
    /// Subject line.
    fn subject(&self) -> String;
    /// Plain text part.
    fn text(&self) -> String;
    /// HTML part.
    fn html(&self) -> String;
}

/// Defines a mail: a struct, its two templates, its class and its subject. Templates read the
/// fields through `mail`, as in `{{ mail.recipient_name }}`.
#[macro_export]
macro_rules! mail {
    (
        $(#[$doc:meta])*
        pub struct $name:ident { $($(#[$field_doc:meta])* pub $field:ident: $type:ty,)* }
        name: $mail_name:literal, text: $text:literal, html: $html:literal, class: $class:ident,
        subject: |$this:ident| $subject:expr
    ) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name { $($(#[$field_doc])* pub $field: $type,)* }

        const _: () = {
            #[derive(askama::Template)]
            #[template(path = $text)]
            struct Text<'a> { mail: &'a $name }

            #[derive(askama::Template)]
            #[template(path = $html)]
            struct Html<'a> { mail: &'a $name }

            impl $crate::platform::mail::Mail for $name {
                const NAME: &'static str = $mail_name;
                const CLASS: $crate::platform::messages::Class = $crate::platform::messages::Class::$class;
                fn subject(&self) -> String {
                    let $this = self;
                    $subject
                }
                fn text(&self) -> String {
                    askama::Template::render(&Text { mail: self }).expect("writing to a string")
                }
                fn html(&self) -> String {
                    askama::Template::render(&Html { mail: self }).expect("writing to a string")
                }
            }
        };
    };
}

/// A sentence in lines that every mail program shows, for the text part; a word that is longer stays whole.
pub fn wrapped(sentence: &str) -> String {
    const WIDTH: usize = 76;
    let mut lines: Vec<String> = Vec::new();
    for word in sentence.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines.join("\n")
}

/// A text of several lines, each [`wrapped`].
pub fn wrapped_lines(text: &str) -> String {
    text.split('\n').map(wrapped).collect::<Vec<_>>().join("\n")
}

/// Puts a mail into the outbox, inside the caller's transaction. The only way out for mail.
///
/// # Errors
/// What the database says.
pub async fn enqueue<M: Mail>(
    conn: &mut AsyncPgConnection,
    keys: &Keys,
    now: DateTime<Utc>,
    person: Option<Uuid>,
    to: &str,
    mail: &M,
) -> QueryResult<MessageId> {
    let headers = match M::CLASS {
        // RFC 3834: no out-of-office answers to us.
        Class::Transactional => vec![("Auto-Submitted".to_owned(), "auto-generated".to_owned())],
        Class::Marketing => Vec::new(),
    };
    let body = Body { text: mail.text(), html: mail.html(), headers };
    let message = Outgoing {
        kind: Kind::Mail,
        name: M::NAME,
        class: M::CLASS,
        person,
        to,
        subject: mail.subject(),
        body,
    };
    messages::enqueue(conn, keys, now, message).await
}

#[cfg(test)]
mod tests {
    use super::{wrapped, wrapped_lines};

    #[test]
    fn lines_are_as_long_as_they_may_be_and_no_longer() {
        let long = "x".repeat(100);
        assert_eq!(wrapped(&format!("one  two {long} three")), format!("one two\n{long}\nthree"));
        assert_eq!(wrapped(&"a ".repeat(39)), format!("{}\na", ["a"; 38].join(" ")));
        assert_eq!(wrapped(""), "");
        assert_eq!(wrapped_lines("one  two\n\nthree"), "one two\n\nthree", "an empty line stays one");
    }
}
