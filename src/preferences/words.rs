//! Decisions in words.

use super::decisions::Row;
use super::topics::Topic;
use crate::platform::web::pages::moment;

/// Where an address was given to us, in words.
pub fn source_in_words(source: &str) -> String {
    match source {
        "sign_up" => "at sign-up".into(),
        "settings" => "in the settings".into(),
        "newsletter" => "by the form of the newsletter".into(),
        "signal" => "by a signal of the browser".into(),
        other => other.replace('_', " "),
    }
}

/// A decision in words, for its owner and for staff who look.
pub fn describe(row: &Row) -> (String, String) {
    let about = match row.topic.as_deref() {
        // What a browser's signal decides stands beside the topics that somebody can be written to about.
        Some("tracking") => "Sharing and page statistics",
        Some(topic) => Topic::parse(topic).map_or("Everything", Topic::label),
        None => "Everything",
    };
    let choice = match (row.choice.as_str(), row.paused_until, row.monthly_limit) {
        ("paused", Some(until), _) => format!("paused until {}", moment(&until)),
        ("limited", _, Some(limit)) => format!("{limit} in 30 days at most"),
        ("limited", _, None) => "as many as there are".into(),
        ("subscribed", ..) => "yes".into(),
        _ => "no".into(),
    };
    let via = match row.via.as_str() {
        "page" => "on the page of the settings",
        "link" => "by a link in a mail",
        "one_click" => "by the button of a mail program",
        "sign_up" => "at sign-up",
        "form" => "by a form",
        "email_change" => "by a change of address",
        "gpc" => "by a signal of the browser",
        "import" => "by a list",
        "complaint" => "by a complaint",
        "bounce" => "because the mailbox refused",
        _ => "by staff",
    };
    let country = row.country.as_deref().map(|country| format!(" · {country}")).unwrap_or_default();
    let reason = row.reason.as_deref().map(|reason| format!(" · {reason}")).unwrap_or_default();
    (format!("{about}: {choice}"), format!("{via}{country} · “{}”{reason}", row.wording))
}
