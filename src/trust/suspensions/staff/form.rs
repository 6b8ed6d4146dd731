//! What staff type when they suspend: which accounts, how far, why, until when, and what happened.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::platform::ids::{AccountId, SuspensionId};
use crate::platform::web::forms::{Choice, Field, Form};
use crate::trust::appeals::staff::decision::{moment_of, reasons};
use crate::trust::suspensions::{EventLine, Evidence, Level, Reason};

/// At most so many accounts at once: each is a decision of its own.
const AT_ONCE: usize = 50;
/// At most so many events, of so many characters.
const EVENTS: (usize, usize) = (100, 300);

/// What the form sends.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewForm {
    pub accounts: String,
    level: String,
    reason: String,
    words: String,
    until: String,
    events: String,
    /// `confirmed` once what happens was read.
    pub stage: String,
    /// The numbers that the suspensions will have, so that a form that is sent twice makes each once.
    ids: String,
}

/// What was typed, read.
pub struct Typed {
    pub accounts: Vec<AccountId>,
    pub level: Level,
    pub reason: Reason,
    pub words: String,
    pub until: Option<DateTime<Utc>>,
    pub evidence: Evidence,
}

fn choices<'a>(first: &str, all: impl Iterator<Item = (&'a str, String)>, chosen: &str) -> Vec<Choice> {
    let choice =
        |value: &str, label: String| Choice { value: value.into(), label, selected: value == chosen };
    let all = all.map(|(value, label)| choice(value, label));
    [choice("", first.to_owned())].into_iter().chain(all).collect()
}

impl NewForm {
    /// For one account.
    pub fn of(account: AccountId) -> Self {
        Self { accounts: account.to_string(), ..Self::default() }
    }

    /// The form, with what was typed.
    pub fn draw(&self) -> Form {
        let levels =
            Level::ALL.iter().map(|level| (level.as_str(), format!("{}: {}", level.label(), level.about())));
        let reasons = Reason::ALL.iter().map(|reason| (reason.as_str(), reason.label().to_owned()));
        let accounts = Field::textarea("accounts", "SIDs of the accounts")
            .value(&self.accounts)
            .hint("One on each line, up to 50. Each is a decision of its own, with its own statement and its own appeal.");
        let words = Field::textarea("words", "The facts").value(&self.words).hint(
            "10 to 4,000 characters. The owner and the members read them, so say what happened, when, and how you know it.",
        );
        let until = Field::date("until", "Until when, in UTC")
            .value(&self.until)
            .hint("Empty for as long as nobody lifts it.")
            .optional();
        let events = Field::textarea("events", "The events behind it")
            .value(&self.events)
            .hint("One on each line, a moment in UTC and what happened, as in: 2026-11-29T09:41 A recipient complained.")
            .optional();
        Form::new(vec![
            accounts,
            Field::select("level", "What is stopped?", choices("Choose one", levels, &self.level)),
            Field::select("reason", "Why?", choices("Choose one", reasons, &self.reason)),
            Field { maxlength: Some(4000), ..words },
            Field { kind: "datetime-local", ..until },
            Field { maxlength: Some(20_000), ..events },
        ])
    }

    /// Everything again, unseen, with the numbers that the suspensions will have.
    pub fn hidden(&self, ids: &[(AccountId, SuspensionId)]) -> Form {
        let ids: Vec<String> = ids.iter().map(|(account, id)| format!("{account} {id}")).collect();
        Form::new(vec![
            Field::hidden("accounts", &self.accounts),
            Field::hidden("level", &self.level),
            Field::hidden("reason", &self.reason),
            Field::hidden("words", &self.words),
            Field::hidden("until", &self.until),
            Field::hidden("events", &self.events),
            Field::hidden("ids", &ids.join("\n")),
        ])
    }

    /// The numbers that were given out when what happens was shown.
    pub fn ids(&self) -> Vec<(AccountId, SuspensionId)> {
        let pair = |line: &str| {
            let (account, id) = line.split_once(' ')?;
            Some((account.parse().ok()?, id.parse().ok()?))
        };
        self.ids.lines().filter_map(|line| pair(line.trim())).collect()
    }

    /// Reads it; what is wrong stands beside its field.
    pub fn parse(&self, form: &mut Form, now: DateTime<Utc>) -> Option<Typed> {
        let accounts = self.read_accounts(form);
        let level = Level::parse(&self.level);
        if level.is_none() {
            form.fail("level", "Choose what is stopped.");
        }
        let reason = Reason::parse(&self.reason);
        if reason.is_none() {
            form.fail("reason", "Choose why.");
        }
        let words = reasons(&self.words).map_err(|message| form.fail("words", message)).ok();
        let until = self.read_until(form, now);
        let events = self.read_events(form);
        Some(Typed {
            accounts: accounts?,
            level: level?,
            reason: reason?,
            words: words?,
            until: until?,
            evidence: Evidence { events: events?, ..Evidence::default() },
        })
    }

    fn read_accounts(&self, form: &mut Form) -> Option<Vec<AccountId>> {
        let lines = self.accounts.split_whitespace();
        let read: Result<Vec<AccountId>, &str> = lines.map(|sid| sid.parse().map_err(|_| sid)).collect();
        let message = match read {
            Err(sid) => format!(
                "“{}” is no SID of an account: AC and 32 characters.",
                sid.chars().take(40).collect::<String>()
            ),
            Ok(all) if all.is_empty() => "Enter the SID of an account.".into(),
            Ok(all) if all.len() > AT_ONCE => format!("Enter at most {AT_ONCE} at once."),
            Ok(mut all) => {
                all.sort_unstable();
                all.dedup();
                return Some(all);
            }
        };
        form.fail("accounts", message);
        None
    }

    #[allow(clippy::option_option, reason = "wrong, open-ended and a moment are three things")]
    fn read_until(&self, form: &mut Form, now: DateTime<Utc>) -> Option<Option<DateTime<Utc>>> {
        if self.until.trim().is_empty() {
            return Some(None);
        }
        match moment_of(&self.until) {
            Some(at) if at > now => Some(Some(at)),
            Some(_) => {
                form.fail("until", "Enter a moment that lies ahead.");
                None
            }
            None => {
                form.fail("until", "Enter day and time.");
                None
            }
        }
    }

    fn read_events(&self, form: &mut Form) -> Option<Vec<EventLine>> {
        let lines: Vec<&str> = self.events.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let event = |line: &&str| {
            let (at, what) = line.split_once(' ')?;
            let what = what.trim();
            let fits = (1..=EVENTS.1).contains(&what.chars().count()) && !what.chars().any(char::is_control);
            let at = moment_of(at.trim_end_matches('Z'))?;
            fits.then(|| EventLine { at, what: what.to_owned() })
        };
        let read: Option<Vec<EventLine>> = lines.iter().map(event).collect();
        match read {
            Some(mut events) if events.len() <= EVENTS.0 => {
                events.sort_by_key(|event| event.at);
                Some(events)
            }
            _ => {
                form.fail("events", "Write up to 100 lines: a moment as in 2026-11-29T09:41, a space, and up to 300 characters.");
                None
            }
        }
    }
}
