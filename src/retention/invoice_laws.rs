//! How long an invoice is kept, by the law of the country that it is billed to (S45, S74): one table, from which the end of
//! each invoice is counted when it is stored, and which the public schedule and the page of an invoice show.
//!
//! The period begins with the end of the calendar year of issue. Where a law counts from elsewhere (the last entry of a
//! book, the end of a business year, a return), that is within this year for an invoice, or the period is long enough.

use chrono::{DateTime, Datelike as _, NaiveDate, Utc};

/// The law of a country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// ISO 3166-1 code, two letters; empty for every other country.
    pub country: &'static str,
    /// What the country is called.
    pub name: &'static str,
    /// Years from the end of the calendar year of issue.
    pub years: i32,
    /// Where it stands.
    pub source: &'static str,
}

macro_rules! laws {
    ($($country:literal $name:literal $years:literal $source:literal;)*) => {
        /// Every law that is known, by the name of its country.
        pub const LAWS: &[Law] = &[$(Law { country: $country, name: $name, years: $years, source: $source }),*];
    };
}

laws! {
    "AT" "Austria"        7  "§ 132 BAO, § 212 UGB, § 11 UStG";
    // Ten since 2023; before that it was seven, and no invoice here is as old as that.
    "BE" "Belgium"        10 "Art. 60 Btw-wetboek (Code de la TVA)";
    // From the end of the tax year, which is the calendar year or ends in the one after; the agency asks for six.
    "CA" "Canada"         6  "Income Tax Act s. 230(4), Excise Tax Act s. 286(3)";
    "FR" "France"         10 "Art. L123-22 Code de commerce";
    // Eight since 2025 (Viertes Bürokratieentlastungsgesetz), ten before.
    "DE" "Germany"        8  "§ 147 AO, § 14b UStG, § 257 HGB";
    "IE" "Ireland"        6  "Section 84 VATCA 2010, section 886 TCA 1997";
    "IT" "Italy"          10 "Art. 2220 Codice civile";
    "NL" "Netherlands"    7  "Art. 52 Algemene wet inzake rijksbelastingen";
    "ES" "Spain"          6  "Art. 30 Código de Comercio";
    "SE" "Sweden"         7  "7 kap. 2 § Bokföringslagen (1999:1078)";
    "CH" "Switzerland"    10 "Art. 958f OR, Art. 70 MWSTG";
    "GB" "United Kingdom" 6  "VAT Act 1994 sch. 11 para. 6, Companies Act 2006 s. 388";
    // No one period: three years to assess, six where income is missing, seven for claims of bad debts.
    "US" "United States"  7  "26 U.S.C. §§ 6001, 6501, 6511(d)";
}

/// For every other country: the longest that is asked for anywhere in the table.
pub const OTHERS: Law = Law {
    country: "",
    name: "Every other country",
    years: 10,
    source: "the longest period of this table, where we do not know better",
};

/// The law for a country, by its ISO 3166-1 code.
pub fn of(country: &str) -> &'static Law {
    LAWS.iter().find(|law| law.country == country).unwrap_or(&OTHERS)
}

impl Law {
    /// Until when an invoice of this day is kept: until the last year is over everywhere on earth, which is twelve hours
    /// later than in UTC.
    ///
    /// # Panics
    /// None: every day has a noon.
    pub fn kept_until(&self, issued_on: NaiveDate) -> DateTime<Utc> {
        let first = NaiveDate::from_ymd_opt(issued_on.year().saturating_add(self.years + 1), 1, 1);
        first.unwrap_or(NaiveDate::MAX).and_hms_opt(12, 0, 0).expect("every day has a noon").and_utc()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::platform::countries;
    use crate::retention::rules::{INVOICES, Period};

    #[test]
    fn an_invoice_is_kept_for_the_years_of_its_country_after_the_year_of_issue() {
        for (country, issued, until) in [
            ("DE", "2026-01-01", "2035-01-01T12:00:00Z"),
            ("DE", "2026-12-31", "2035-01-01T12:00:00Z"),
            ("AT", "2026-06-30", "2034-01-01T12:00:00Z"),
            ("US", "2028-02-29", "2036-01-01T12:00:00Z"),
            ("GB", "2026-03-31", "2033-01-01T12:00:00Z"),
            ("JP", "2026-03-31", "2037-01-01T12:00:00Z"),
        ] {
            let until: DateTime<Utc> = until.parse().unwrap();
            assert_eq!(of(country).kept_until(issued.parse().unwrap()), until, "{country} {issued}");
        }
    }

    #[test]
    fn every_country_is_one_stands_once_and_says_which_law_it_is() {
        for (index, law) in LAWS.iter().enumerate() {
            assert_eq!(countries::name(law.country), Some(law.name), "as everywhere");
            assert!(!law.source.is_empty(), "{}", law.name);
            assert!(LAWS[..index].iter().all(|other| other.country != law.country), "{} twice", law.name);
        }
        assert!(LAWS.is_sorted_by_key(|law| law.name), "people look for a name");
        assert_eq!((of("DE").name, of("de").country, of("ZZ").country), ("Germany", "", ""));
    }

    #[test]
    fn the_rule_says_in_words_what_the_table_does() {
        let years = || LAWS.iter().chain([&OTHERS]).map(|law| law.years);
        let (least, most) = (years().min().unwrap(), years().max().unwrap());
        let words = format!("{least} to {most} years, by the law of the country that it is billed to");
        assert_eq!(INVOICES.period.words(), words);
        assert!(matches!(INVOICES.period, Period::ByLaw(_)));
        assert_eq!(OTHERS.years, most, "who is not known is kept longest");
    }
}
