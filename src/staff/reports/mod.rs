//! Reports (`/staff/reports`): how much came in a year, how it was decided, how long that took, and how old is what waits;
//! as a page, as JSON and as CSV. They hold counts and no person.
//!
//! - [`MATTERS`]: what is reported on, one entry each, with its items as SQL; `/transparency` counts from the same list
//! - [`queries`]: the figures of a year
//! - [`rates`]: how many of the decisions went one way
//! - [`web`]: the page and the files; [`years`]: the year that is asked for

pub mod queries;
pub mod rates;
pub mod web;
pub mod years;

pub use queries::{Figures, figures};
pub use rates::Rate;

use crate::privacy::disclosures::Ground;
use crate::trust::suspensions::Reason;

/// Something that is reported on.
pub struct Matter {
    /// Names it in files and in `transparency_figures`.
    pub key: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// What its rows are told apart by.
    pub by: &'static str,
    /// How an item can end: as it is stored, what that is called, and whether a person or the portal decided it so (its
    /// handling time counts).
    pub outcomes: &'static [(&'static str, &'static str, bool)],
    /// How a row is called in words, by what is stored.
    pub name: fn(&str) -> String,
    /// Its items, as SQL with `name`, `opened_at`, `due_at` (or NULL), `closed_at` and `outcome`.
    pub items: &'static str,
    /// With `closed_at` and `outcome` as in `items`, and the moment from which on we know of one as `opened_at`, for what is
    /// counted once: a letter is logged after the day on which it came, and that day's quarter may have been counted. Nothing
    /// where it is the same.
    pub noted: Option<&'static str>,
    /// How many of its decisions went one way; not on the public page.
    pub rates: &'static [Rate],
    /// Whether it stands on the public page.
    pub public: bool,
}

/// The ground of a demand in words.
fn ground(stored: &str) -> String {
    Ground::parse(stored).map_or("No legal demand", Ground::label).to_owned()
}

/// Everything that is reported on, in the order of the page.
pub const MATTERS: &[Matter] = &[
    Matter {
        key: "requests",
        title: "Requests about personal data",
        by: "Kind",
        outcomes: &[
            ("fulfilled", "Done", true),
            ("partly_fulfilled", "Done in part", true),
            ("denied", "Not done", true),
            ("withdrawn", "Withdrawn", false),
            ("expired", "Ended unanswered", false),
        ],
        name: |kind| {
            crate::privacy::data_requests::kinds::Kind::parse(kind)
                .map_or(kind, |kind| kind.label())
                .to_owned()
        },
        items: "SELECT asked_kind AS name, received_at AS opened_at, due_at, closed_at, state AS outcome FROM data_requests",
        noted: Some(
            "SELECT coalesce(s.at, r.received_at) AS opened_at, r.closed_at, r.state AS outcome \
                     FROM data_requests r LEFT JOIN data_request_steps s ON s.request_id = r.id AND s.act = 'received'",
        ),
        rates: &[Rate {
            key: "denied_rate",
            title: "Not done, of those decided",
            part: &["denied"],
            of: &["fulfilled", "partly_fulfilled", "denied"],
        }],
        public: true,
    },
    Matter {
        key: "disputes",
        title: "Disputes about data protection",
        by: "How it came",
        outcomes: &[
            ("resolved", "Resolved", true),
            ("unresolved", "Not resolved", true),
            ("withdrawn", "Withdrawn", false),
        ],
        name: |channel| {
            let words = match channel {
                "portal" => "In the portal",
                "form" => "Public form",
                "email" => "Mail",
                _ => "Letter",
            };
            words.to_owned()
        },
        // What nobody confirmed was never one; what somebody did is one from then on.
        items: "SELECT d.channel AS name, coalesce(s.at, d.received_at) AS opened_at, d.due_at, d.closed_at, d.state AS outcome \
                FROM disputes d LEFT JOIN dispute_steps s ON s.dispute_id = d.id AND s.act = 'proven' \
                WHERE d.state NOT IN ('received', 'unproven', 'lapsed')",
        // From the later of the two on, so that it is not missed where the quarter in which it was typed was counted before.
        noted: Some(
            "SELECT coalesce((SELECT max(s.at) FROM dispute_steps s WHERE s.dispute_id = d.id AND s.act IN ('received', 'proven')), d.received_at) AS opened_at, \
                         d.closed_at, d.state AS outcome \
                     FROM disputes d WHERE d.state NOT IN ('received', 'unproven', 'lapsed')",
        ),
        rates: &[Rate {
            key: "unresolved_rate",
            title: "Not resolved, of those decided",
            part: &["unresolved"],
            of: &["resolved", "unresolved"],
        }],
        public: true,
    },
    Matter {
        key: "suspensions",
        title: "Suspensions",
        by: "Reason",
        outcomes: &[("lifted", "Lifted", true), ("expired", "Ended by themselves", false)],
        name: |reason| {
            Reason::parse(reason).map_or_else(|| reason.to_owned(), |known| known.label().to_owned())
        },
        items: "SELECT reason_code AS name, began_at AS opened_at, NULL::timestamptz AS due_at, ended_at AS closed_at, coalesce(ended_how, '') AS outcome \
                FROM suspensions",
        noted: None,
        rates: &[Rate {
            key: "lifted_rate",
            title: "Lifted, of those that ended",
            part: &["lifted"],
            of: &["lifted", "expired"],
        }],
        public: true,
    },
    Matter {
        key: "appeals",
        title: "Appeals against suspensions",
        by: "Round",
        outcomes: &[
            ("upheld", "Upheld", true),
            ("shortened", "Shortened", true),
            ("lifted", "Lifted", true),
            ("withdrawn", "Withdrawn", false),
            ("moot", "No longer needed", false),
        ],
        name: |round| if round == "1" { "First" } else { "Second, final" }.to_owned(),
        items: "SELECT round::text AS name, filed_at AS opened_at, due_at, decided_at AS closed_at, coalesce(outcome, '') AS outcome FROM appeals",
        noted: None,
        rates: &[Rate {
            key: "overturn_rate",
            title: "Shortened or lifted, of those decided",
            part: &["shortened", "lifted"],
            of: &["upheld", "shortened", "lifted"],
        }],
        public: true,
    },
    Matter {
        key: "disclosures",
        title: "Demands for personal data",
        by: "Ground",
        outcomes: &[
            ("disclosed", "Handed over", true),
            ("refused", "Refused", true),
            ("withdrawn", "Withdrawn", false),
        ],
        name: ground,
        items: "SELECT ground AS name, received_on::timestamptz AS opened_at, NULL::timestamptz AS due_at, closed_at, state AS outcome \
                FROM disclosures WHERE recipient_kind = 'legal'",
        noted: Some(
            "SELECT recorded_at AS opened_at, closed_at, state AS outcome FROM disclosures WHERE recipient_kind = 'legal'",
        ),
        rates: &[Rate {
            key: "refused_rate",
            title: "Refused, of those decided",
            part: &["refused"],
            of: &["disclosed", "refused"],
        }],
        public: true,
    },
    // Each objection with the answer that came next; one that was not waited for is over with its demand (S122).
    Matter {
        key: "objections",
        title: "Our objections to demands",
        by: "Ground",
        outcomes: &[
            ("upheld", "Demand dropped", true),
            ("narrowed", "Demand narrowed", true),
            ("overruled", "Demand stands", true),
            ("moot", "No longer needed", false),
        ],
        name: ground,
        items: "SELECT coalesce(d.ground, 'other') AS name, o.at AS opened_at, NULL::timestamptz AS due_at, coalesce(a.at, d.closed_at) AS closed_at, \
                    coalesce(a.outcome, 'moot') AS outcome \
                FROM disclosure_steps o JOIN disclosures d ON d.id = o.disclosure_id \
                LEFT JOIN LATERAL (SELECT s.at, s.outcome FROM disclosure_steps s WHERE s.disclosure_id = o.disclosure_id AND s.act = 'answered' AND s.seq > o.seq \
                    ORDER BY s.seq LIMIT 1) a ON true WHERE o.act = 'objected'",
        noted: None,
        rates: &[Rate {
            key: "right_rate",
            title: "Dropped or narrowed, of those answered",
            part: &["upheld", "narrowed"],
            of: &["upheld", "narrowed", "overruled"],
        }],
        public: true,
    },
    // What rules decided, by the last answer to an appeal against it. What was overturned was a false positive.
    Matter {
        key: "rules",
        title: "Suspensions by rule, and what came of appeals",
        by: "Rule",
        outcomes: &[
            ("upheld", "Upheld", true),
            ("overturned", "Overturned", true),
            ("unappealed", "Ended without an appeal", false),
        ],
        name: str::to_owned,
        items: "SELECT r.name, s.began_at AS opened_at, NULL::timestamptz AS due_at, coalesce(a.decided_at, s.ended_at) AS closed_at, \
                    CASE a.outcome WHEN 'upheld' THEN 'upheld' WHEN 'shortened' THEN 'overturned' WHEN 'lifted' THEN 'overturned' ELSE 'unappealed' END AS outcome \
                FROM suspensions s JOIN rules r ON r.id = s.rule_id \
                LEFT JOIN LATERAL (SELECT outcome, decided_at FROM appeals WHERE suspension_id = s.id AND outcome IN ('upheld', 'shortened', 'lifted') \
                    ORDER BY round DESC LIMIT 1) a ON true",
        noted: None,
        rates: &[
            Rate {
                key: "overturn_rate",
                title: "Overturned, of those appealed and decided",
                part: &["overturned"],
                of: &["upheld", "overturned"],
            },
            Rate {
                key: "false_positive_rate",
                title: "False positives: overturned, of all that ended",
                part: &["overturned"],
                of: &["upheld", "overturned", "unappealed"],
            },
        ],
        public: false,
    },
    // What rules only asked, and what people said to it. What was dismissed would have been a false positive.
    Matter {
        key: "alerts",
        title: "What rules asked, and what staff decided",
        by: "Rule",
        outcomes: &[
            ("agreed", "Agreed", true),
            ("dismissed", "Dismissed", true),
            ("moot", "No longer needed", false),
        ],
        name: str::to_owned,
        items: "SELECT r.name, l.raised_at AS opened_at, l.due_at, l.decided_at AS closed_at, coalesce(l.outcome, '') AS outcome \
                FROM rule_alerts l JOIN rules r ON r.id = l.rule_id",
        noted: None,
        rates: &[Rate {
            key: "dismissed_rate",
            title: "Dismissed, of those decided",
            part: &["dismissed"],
            of: &["agreed", "dismissed"],
        }],
        public: false,
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_matter_and_every_outcome_has_a_name_of_its_own() {
        for (index, matter) in MATTERS.iter().enumerate() {
            assert!(MATTERS[..index].iter().all(|other| other.key != matter.key), "{}", matter.key);
            for (index, (outcome, words, _)) in matter.outcomes.iter().enumerate() {
                assert!(matter.outcomes[..index].iter().all(|(other, ..)| other != outcome), "{outcome}");
                assert!(*outcome != "received" && !words.is_empty());
            }
            assert!(matter.outcomes.iter().any(|(.., decided)| *decided), "{}", matter.key);
        }
    }
}
