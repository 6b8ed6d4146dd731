//! Where a local law asks for a record of who uses a number, what it asks for, and how long that is kept (S48, S49, S75): one
//! table. The forms ask by it, the end of a record is counted by it, and the public schedule shows it. A country that is not
//! in it never asks: there is no form for it, and the database takes no row.
//!
//! It is the reading of engineers, and short on purpose: only rules that can be named are in it. Whoever runs the portal has
//! it checked by somebody who practises law in each country before a number is sold there, and adds what is missing. A country
//! that is added changes two checks of `subscriber_records` too, by a migration; a test compares them. One whose law no longer
//! asks moves to [`FORMER`], because its records are there, and go when they were promised to.

use chrono::{DateTime, Datelike as _, Days, Months, NaiveDate, NaiveTime, Utc};

/// Days for which a record stays that was refused and that nobody corrects: it is for no service, and may have a document with it.
pub const REFUSED_STAYS: u64 = 60;

/// When a record goes that was refused on this day, where nobody corrects or withdraws it: once the last of those days is over.
pub fn refused_until(decided_on: NaiveDate) -> DateTime<Utc> {
    (decided_on + Days::new(REFUSED_STAYS + 1)).and_time(NaiveTime::MIN).and_utc()
}

/// What has to be sent along with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// That somebody has the address.
    Address,
    /// A copy of the document by which somebody is identified.
    Identity,
}

impl Proof {
    /// What the field of the form is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Address => "Proof of the address",
            Self::Identity => "Copy of the identity document",
        }
    }

    /// What is meant, for whoever looks for it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Address => {
                "A bill of a utility, a contract of lease, or an extract of a register, not older than three months."
            }
            Self::Identity => "Every side with writing on it, so that it can be read well.",
        }
    }
}

/// What is asked about the birth of a person; of a company never anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AsksBirth {
    /// Nothing.
    No,
    /// Its date.
    Date,
    /// Its date and place.
    DateAndPlace,
}

/// How long after its end a record is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// So many calendar months.
    Months(u32),
    /// Until the end of the calendar year that follows the end.
    NextYear,
}

impl Kept {
    /// For people.
    pub fn words(self) -> String {
        match self {
            Self::Months(months) if months % 12 == 0 && months > 12 => {
                format!("{} years after its end", months / 12)
            }
            Self::Months(months) => format!("{months} months after its end"),
            Self::NextYear => "until the end of the year that follows its end".into(),
        }
    }
}

/// The law of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// ISO 3166-1 code, two letters.
    pub country: &'static str,
    /// What the country is called.
    pub name: &'static str,
    /// Whether it also asks for an end user of our customer who uses the number.
    pub end_users: bool,
    /// What it asks about the birth of a person.
    pub birth: AsksBirth,
    /// Whether it asks for kind and number of a document, besides name and physical service address.
    pub identification: bool,
    /// What has to be sent along.
    pub proof: Option<Proof>,
    /// How long after its end it is kept.
    pub kept: Kept,
    /// Where it stands.
    pub source: &'static str,
}

/// Every law that is known, by the name of its country.
pub const LAWS: &[Law] = &[
    // Name and address by which the subscriber is identified: two years after the closure of the account. It keeps what is there,
    // and asks for no document; and it is about whoever subscribes, who is our customer.
    Law {
        country: "AU",
        name: "Australia",
        end_users: false,
        birth: AsksBirth::No,
        identification: false,
        proof: None,
        kept: Kept::Months(24),
        source: "Telecommunications (Interception and Access) Act 1979 s. 187AA(1) item 1, s. 187C(1)(a)",
    },
    // The civil identity of the user, with date and place of birth: five years after the end of the contract.
    Law {
        country: "FR",
        name: "France",
        end_users: true,
        birth: AsksBirth::DateAndPlace,
        identification: false,
        proof: None,
        kept: Kept::Months(60),
        source: "Art. L34-1 II bis 1°, R10-13 I Code des postes et des communications électroniques",
    },
    // Name, address and date of birth of whoever has the line, and the address of the line: until the end of the year after the end
    // of the contract. That a number of a local network is given out only where somebody shows that they are there, is said by the
    // regulator and not by that law. A copy of an identity document is not kept there.
    Law {
        country: "DE",
        name: "Germany",
        end_users: true,
        birth: AsksBirth::Date,
        identification: false,
        proof: Some(Proof::Address),
        kept: Kept::NextYear,
        source: "§ 172 TKG; for the proof of the address, Abschnitt 3 Verfügung 25/2006 der Bundesnetzagentur",
    },
    // Whoever buys a prepaid card, with a document, and the address of whoever is registered: as long as what was done with it is
    // kept, which is twelve months.
    Law {
        country: "ES",
        name: "Spain",
        end_users: false,
        birth: AsksBirth::No,
        identification: true,
        proof: None,
        kept: Kept::Months(12),
        source: "Art. 3, art. 5 y disposición adicional única Ley 25/2007",
    },
    // With the date of birth, and a copy of the document that can be read well: six months after the end of the relation with the
    // customer.
    Law {
        country: "CH",
        name: "Switzerland",
        end_users: true,
        birth: AsksBirth::Date,
        identification: true,
        proof: Some(Proof::Identity),
        kept: Kept::Months(6),
        source: "Art. 21 BÜPF, Art. 20–21 VÜPF",
    },
];

/// Laws that no longer ask, whose records are kept all the same: none are made or corrected any more.
pub const FORMER: &[Law] = &[];

/// The law of a country that a record is there for, whether it still asks or not.
pub fn known(country: &str) -> Option<&'static Law> {
    LAWS.iter().chain(FORMER).find(|law| law.country == country)
}

/// The law of a country, by its ISO 3166-1 code; nothing where none asks.
pub fn of(country: &str) -> Option<&'static Law> {
    LAWS.iter().find(|law| law.country == country)
}

impl Law {
    /// Until when a record is kept that ended on this day: until the last day is over everywhere on earth, which is twelve
    /// hours later than in UTC.
    ///
    /// # Panics
    /// None: every day has a noon.
    pub fn kept_until(&self, ended_on: NaiveDate) -> DateTime<Utc> {
        let first = match self.kept {
            Kept::Months(months) => ended_on
                .checked_add_months(Months::new(months))
                .and_then(|last| last.checked_add_days(Days::new(1))),
            Kept::NextYear => NaiveDate::from_ymd_opt(ended_on.year().saturating_add(2), 1, 1),
        };
        first.unwrap_or(NaiveDate::MAX).and_hms_opt(12, 0, 0).expect("every day has a noon").and_utc()
    }

    /// What it asks for, for people.
    pub fn asks(&self) -> Vec<&'static str> {
        let birth = match self.birth {
            AsksBirth::No => None,
            AsksBirth::Date => Some("date of birth of a person"),
            AsksBirth::DateAndPlace => Some("date and place of birth of a person"),
        };
        let identification = self.identification.then_some("kind and number of a document");
        let proof = self.proof.map(|proof| match proof {
            Proof::Address => "proof of the address",
            Proof::Identity => "a copy of the identity document",
        });
        let rest = birth.into_iter().chain(identification).chain(proof);
        ["name", "physical service address"].into_iter().chain(rest).collect()
    }

    /// Of whom, for people.
    pub fn whom(&self) -> &'static str {
        if self.end_users { "you, or your end user" } else { "you" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::codes;
    use crate::retention::rules::{Period, SUBSCRIBER_RECORDS};

    #[test]
    fn a_record_is_kept_for_the_time_of_its_country_after_its_end() {
        for (country, ended, until) in [
            ("DE", "2026-01-01", "2028-01-01T12:00:00Z"),
            ("DE", "2026-12-31", "2028-01-01T12:00:00Z"),
            ("CH", "2026-11-30", "2027-05-31T12:00:00Z"),
            ("CH", "2026-08-31", "2027-03-01T12:00:00Z"),
            ("AU", "2028-02-29", "2030-03-01T12:00:00Z"),
            ("ES", "2026-06-30", "2027-07-01T12:00:00Z"),
            ("FR", "2026-06-30", "2031-07-01T12:00:00Z"),
        ] {
            let until: DateTime<Utc> = until.parse().unwrap();
            assert_eq!(of(country).unwrap().kept_until(ended.parse().unwrap()), until, "{country} {ended}");
        }
    }

    #[test]
    fn every_country_is_one_stands_once_and_says_which_law_it_is() {
        let all: Vec<&Law> = LAWS.iter().chain(FORMER).collect();
        for (index, law) in all.iter().enumerate() {
            assert!(codes::is_country(law.country) && !law.source.is_empty(), "{}", law.name);
            assert!(all[..index].iter().all(|other| other.country != law.country), "{} twice", law.name);
            assert_eq!(known(law.country), Some(*law), "its records are read");
            assert!(law.asks().starts_with(&["name", "physical service address"]), "{}", law.name);
        }
        assert!(LAWS.is_sorted_by_key(|law| law.name), "people look for a name");
        assert_eq!((of("ZZ"), of("de"), of("US"), of("")), (None, None, None, None));
    }

    #[test]
    fn the_sweep_counts_the_days_of_a_refused_record_as_its_page_does() {
        let [rows] = SUBSCRIBER_RECORDS.rows() else { panic!("one table") };
        assert!(rows.start.contains(&format!("(decided_on + {})", REFUSED_STAYS + 1)), "{}", rows.start);
        assert!(SUBSCRIBER_RECORDS.from.contains(&format!("{REFUSED_STAYS} days after")), "and in words");
        let until: DateTime<Utc> = "2027-01-30T00:00:00Z".parse().unwrap();
        assert_eq!(refused_until("2026-11-30".parse().unwrap()), until);
    }

    #[test]
    fn the_rule_says_in_words_what_the_table_does() {
        let months = |law: &Law| if let Kept::Months(months) = law.kept { Some(months) } else { None };
        let all: Vec<u32> = LAWS.iter().filter_map(months).collect();
        let (least, most) = (all.iter().min().unwrap(), all.iter().max().unwrap());
        let words = format!("{least} months to {} years, by the law of the country of the number", most / 12);
        assert_eq!(SUBSCRIBER_RECORDS.period.words(), words);
        assert!(matches!(SUBSCRIBER_RECORDS.period, Period::ByLaw(_)));
        assert!(*most >= 24, "the end of the year that follows is no more than two years away");
    }
}
