//! What an erasure did, for the mail and the receipt: how much of which class went, what stays, why and until when.

mod queries;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::queries::Erasure;
use super::{Of, engine};
use crate::accounts::invoices;
use crate::accounts::invoices::queries::Whose;
use crate::accounts::subscriber_records::kept as subscriber_records;
use crate::platform::web::pages::day;
use crate::privacy::data_map::{self, Class, Owner, Table};
use crate::privacy::data_requests::reasons::Reason;
use crate::privacy::receipts::document::{self, Count, Stays};
use crate::privacy::receipts::{Kind, Receipt};
use crate::retention::rules::{self, Period, Rule};
pub(super) use queries::owner;

/// What becomes of the rows of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Deleted,
    Anonymised,
    Kept,
}

/// An erasure as it is told. It is looked up before anything goes, because some of it is said by what goes.
pub(super) struct Reckoning<'a> {
    erasure: &'a Erasure,
    of: Of,
    now: DateTime<Utc>,
    /// When the last account was asked to be closed: what outlives that counts from it, as for the sweep.
    closed_at: Option<DateTime<Utc>>,
    /// By when the rest goes of an account whose content goes.
    data_until: Option<DateTime<Utc>>,
    /// Until when the last invoice is kept.
    invoices_until: Option<DateTime<Utc>>,
    /// Until when the last subscriber record is kept, all of which have ended by now.
    records_until: Option<DateTime<Utc>>,
    /// What there is by now of those records and of what hangs on them, by table: the rest of it went just now, and only part of
    /// the files was theirs.
    records_kept: BTreeMap<&'static str, i64>,
}

impl<'a> Reckoning<'a> {
    /// Looks up what an erasure is told by.
    ///
    /// # Errors
    /// What the database says.
    pub(super) async fn of(
        conn: &mut AsyncPgConnection,
        erasure: &'a Erasure,
        of: Of,
        now: DateTime<Utc>,
    ) -> QueryResult<Self> {
        let (closed_at, data_until) = match of {
            Of::Person(id) => (queries::closed_at(conn, id).await?, None),
            Of::Account(id) | Of::Content(id) => queries::closure(conn, id).await?.unzip(),
            Of::Address(_) => (None, None),
        };
        let mut reckoning = Self {
            erasure,
            of,
            now,
            closed_at,
            data_until,
            invoices_until: None,
            records_until: None,
            records_kept: BTreeMap::new(),
        };
        let whose = match of {
            Of::Person(id) => Whose::Person(id),
            Of::Account(id) => Whose::Account(id),
            Of::Content(_) | Of::Address(_) => return Ok(reckoning),
        };
        reckoning.invoices_until = invoices::queries::last_kept(conn, whose).await?;
        reckoning.records_until = subscriber_records::last_kept(conn, whose, now).await?;
        reckoning.records_kept =
            subscriber_records::count_with_parts(conn, whose).await?.into_iter().collect();
        Ok(reckoning)
    }

    fn is_closure(&self) -> bool {
        self.erasure.cause == "closure"
    }

    fn fate(&self, table: &Table) -> Fate {
        if self.is_closure() && engine::OUTLIVE_CLOSURE.contains(&table.rule) {
            return Fate::Kept;
        }
        if hangs_on_kept(table) {
            return Fate::Kept;
        }
        match table.erasure {
            data_map::Erasure::DeleteRow | data_map::Erasure::Cascade => Fate::Deleted,
            data_map::Erasure::Anonymise(_) => Fate::Anonymised,
            data_map::Erasure::Keep(_) => Fate::Kept,
        }
    }

    /// How many rows of a table stay with what identifies somebody, of as many as there were.
    fn kept(&self, table: &Table, rows: i64) -> i64 {
        match self.records_kept.get(table.name) {
            Some(kept) => (*kept).min(rows),
            None if self.fate(table) == Fate::Kept => rows,
            None => 0,
        }
    }

    /// Whether anything of a table stays, with or without what identifies somebody.
    fn is_left(&self, table: &Table, rows: i64) -> bool {
        self.fate(table) == Fate::Anonymised || self.kept(table, rows) > 0
    }

    /// What there was of what this erasure is about. With the content of an account nothing else goes yet.
    fn found(&self) -> impl Iterator<Item = (&'static Table, i64)> {
        let content = matches!(self.of, Of::Content(_));
        let counts = self.erasure.found.as_object().into_iter().flatten();
        counts
            .filter_map(|(name, rows)| Some((data_map::table(name)?, rows.as_i64()?)))
            .filter(move |(table, _)| !content || engine::is_content(table))
    }

    /// Rows of each class, by what became of them; classes without any are left out.
    fn counts(&self) -> Vec<Count> {
        let of_class = |class: Class| {
            let mut count = Count::none(class);
            for (table, rows) in self.found().filter(|(table, _)| table.class() == class) {
                let kept = self.kept(table, rows);
                match self.fate(table) {
                    Fate::Anonymised => count.anonymised += rows,
                    Fate::Deleted | Fate::Kept => {
                        count.deleted += rows - kept;
                        count.kept += kept;
                    }
                }
            }
            (count != Count::none(class)).then_some(count)
        };
        Class::ALL.into_iter().filter_map(of_class).collect()
    }

    /// What stays of the rows of a table; nothing where they go.
    fn stays_of(&self, table: &Table) -> Option<Stays> {
        let outlives = self.is_closure() && engine::OUTLIVE_CLOSURE.contains(&table.rule);
        let from = self.closed_at.filter(|_| outlives).unwrap_or(self.now);
        let suppressed = *table.rule == rules::MAIL_SUPPRESSIONS;
        let until = match table.rule.period {
            // It is counted from a lifting that may never come.
            _ if suppressed => None,
            Period::ByLaw(_) => self.until_by_law(table.rule),
            _ => table.rule.goes_at(from),
        };
        let why = match (self.fate(table), table.erasure) {
            (Fate::Deleted, _) => return None,
            // Not anonymous: with the key, an address leads to it. That is what it is for.
            (Fate::Anonymised, _) if suppressed => {
                "a keyed digest of the address keeps mailings away from it, until that is lifted, or for up to two years where only a mail server refused; all else in it went".to_owned()
            }
            (Fate::Anonymised, _) => "it was made anonymous: nothing in it leads to you".to_owned(),
            (Fate::Kept, data_map::Erasure::Keep(why)) => format!("it {why}"),
            (Fate::Kept, _) if hangs_on_kept(table) => "it stays with what it hangs on".to_owned(),
            (Fate::Kept, _) => "our policy keeps it for some time after the closure of an account".to_owned(),
        };
        Some(Stays {
            what: table.about.trim_end_matches('.').into(),
            why,
            until,
            for_good: matches!(table.rule.period, Period::ForGood(_)),
        })
    }

    /// What stays, why, and until when.
    pub(super) fn stays(&self) -> Vec<Stays> {
        let left = self.found().filter(|(table, rows)| self.is_left(table, *rows));
        let kept = left.filter_map(|(table, _)| self.stays_of(table));
        let rest = matches!(self.of, Of::Content(_)).then(|| Stays {
            what: "Everything else about the account".into(),
            why: "it goes within sixty days of the request to close it".into(),
            until: self.data_until,
            for_good: false,
        });
        let customer =
            matches!(self.of, Of::Account(_)).then_some(self.closed_at).flatten().map(|closed| Stays {
                what: "That its owner was a customer".into(),
                why: "our policy keeps it for some time after the closure of an account".into(),
                until: rules::FORMER_CUSTOMERS.goes_at(closed),
                for_good: false,
            });
        let backups = Stays {
            what: "Copies in backups".into(),
            why: format!(
                "they are used for recovery after a loss alone, and written over within {}",
                rules::BACKUPS.period.words()
            ),
            until: Some(self.now + rules::BACKUPS.period.length()),
            for_good: false,
        };
        kept.chain(rest).chain(customer).chain([backups]).collect()
    }

    /// How many rows of each class went, in words.
    pub(super) fn gone(&self) -> Vec<String> {
        let line = |count: Count| {
            let rows = count.deleted;
            (rows > 0).then(|| format!("{}: {rows} {}", count.class, if rows == 1 { "row" } else { "rows" }))
        };
        self.counts().into_iter().filter_map(line).collect()
    }

    /// Until when the last goes of what a law keeps.
    fn until_by_law(&self, rule: &Rule) -> Option<DateTime<Utc>> {
        if *rule == rules::SUBSCRIBER_RECORDS { self.records_until } else { self.invoices_until }
    }

    /// Why what a law keeps was not deleted (S45, S70, S75): looked at again on the day on which the last of it goes.
    fn reasons(&self) -> Vec<document::Reason> {
        let reason = |rule: &Rule| {
            let by_law = self.found().filter(|(table, _)| table.rule == rule);
            let items = by_law.map(|(table, rows)| self.kept(table, rows));
            let items: usize = items.map(|kept| usize::try_from(kept).unwrap_or(usize::MAX)).sum();
            let (duty, until) =
                Reason::find("legal_duty").filter(|_| items > 0).zip(self.until_by_law(rule))?;
            Some(document::Reason {
                code: duty.code.into(),
                ground: duty.ground.into(),
                items,
                look_again_on: until.date_naive(),
            })
        };
        [&rules::INVOICES, &rules::SUBSCRIBER_RECORDS].into_iter().filter_map(reason).collect()
    }

    /// The receipt of what was done (S91).
    pub(super) fn receipt(&self) -> Receipt {
        let mut rules: Vec<&'static Rule> = Vec::new();
        // Files stay by the rule of what they hang on.
        let stays = |table: &Table, rows: i64| self.fate(table) != Fate::Deleted && self.is_left(table, rows);
        for (table, _) in self.found().filter(|(table, rows)| stays(table, *rows)) {
            if !rules.contains(&table.rule) {
                rules.push(table.rule);
            }
        }
        let (kind, person, account) = match self.of {
            Of::Person(id) => (Kind::PersonErased, Some(id), None),
            Of::Account(id) => (Kind::AccountErased, None, Some(id)),
            Of::Content(id) => (Kind::ContentErased, None, Some(id)),
            Of::Address(_) => (Kind::PersonErased, None, None),
        };
        Receipt {
            person,
            account,
            counts: self.counts(),
            rules,
            stays: self.stays(),
            reasons: self.reasons(),
            ..Receipt::new(kind)
        }
    }
}

/// Whether a row stays because the row that it hangs on does.
fn hangs_on_kept(table: &Table) -> bool {
    let (data_map::Erasure::Cascade, Owner::Through(_, parent)) = (table.erasure, table.owner) else {
        return false;
    };
    let stays =
        |parent: &Table| matches!(parent.erasure, data_map::Erasure::Keep(_)) && parent.rule == table.rule;
    data_map::table(parent).is_some_and(stays)
}

/// What stays, as a sentence.
pub(super) fn words(stays: &Stays) -> String {
    let until = match (&stays.until, stays.for_good) {
        (_, true) => ", for good".to_owned(),
        (Some(until), _) => format!(", until {}", day(until)),
        (None, _) => String::new(),
    };
    format!("{}: {}{until}.", stays.what, stays.why)
}
