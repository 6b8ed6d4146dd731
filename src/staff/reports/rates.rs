//! Rates: how many of the decisions went one way, with the numbers that a rate is made of. Of fewer than ten decisions there
//! is none: one more or less would turn it around.

use super::{Figures, Matter};

/// From so many decisions on there is a rate.
pub const LEAST: i64 = 10;

/// A rate of a matter.
pub struct Rate {
    /// Names it in files.
    pub key: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// The outcomes that are counted.
    pub part: &'static [&'static str],
    /// The outcomes that they are counted of, with themselves.
    pub of: &'static [&'static str],
}

/// What a rate comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// How many went that way.
    pub part: i64,
    /// Of how many, [`LEAST`] or more.
    pub of: i64,
}

impl Share {
    /// In percent, to a tenth.
    pub fn percent(self) -> f64 {
        (self.part as f64 * 1000.0 / self.of as f64).round() / 10.0
    }

    /// In words, as in `25.0 % (3 of 12)`.
    pub fn words(self) -> String {
        format!("{:.1} % ({} of {})", self.percent(), self.part, self.of)
    }
}

impl Rate {
    /// What it comes to in a row, unless there are too few decisions.
    pub fn share(&self, matter: &Matter, row: &Figures) -> Option<Share> {
        let count = |those: &[&str]| -> i64 {
            let counted = matter.outcomes.iter().zip(&row.outcomes);
            counted.filter(|((outcome, ..), _)| those.contains(outcome)).map(|(_, count)| count).sum()
        };
        let share = Share { part: count(self.part), of: count(self.of) };
        (share.of >= LEAST).then_some(share)
    }
}

#[cfg(test)]
mod tests {
    use super::super::MATTERS;
    use super::*;

    fn row(outcomes: Vec<i64>) -> Figures {
        let (came, waiting, late) = (outcomes.iter().sum(), 0, 0);
        let (median_days, p90_days, oldest_days) = (None, None, None);
        Figures { name: String::new(), came, waiting, late, median_days, p90_days, oldest_days, outcomes }
    }

    #[test]
    fn a_rate_needs_ten_decisions_and_tells_what_it_is_made_of() {
        let matter = MATTERS.iter().find(|matter| matter.key == "rules").expect("it is reported on");
        let [overturned, false_positives] = matter.rates else { panic!("two rates") };
        assert_eq!(overturned.share(matter, &row(vec![6, 3, 40])), None);
        let share = overturned.share(matter, &row(vec![7, 3, 40])).expect("ten");
        assert_eq!((share, share.words().as_str()), (Share { part: 3, of: 10 }, "30.0 % (3 of 10)"));
        let share = false_positives.share(matter, &row(vec![6, 3, 0]));
        assert_eq!(share, None);
        let share = false_positives.share(matter, &row(vec![6, 3, 40])).expect("49");
        assert_eq!((share.percent(), share.words().as_str()), (6.1, "6.1 % (3 of 49)"));
    }

    #[test]
    fn every_rate_is_a_part_of_outcomes_that_there_are() {
        for matter in MATTERS {
            for (index, rate) in matter.rates.iter().enumerate() {
                let known = |outcome: &&str| matter.outcomes.iter().any(|(other, ..)| other == outcome);
                assert!(rate.of.iter().all(known), "{} {}", matter.key, rate.key);
                let within = rate.part.iter().all(|outcome| rate.of.contains(outcome));
                assert!(within && rate.part.len() < rate.of.len(), "{} {}", matter.key, rate.key);
                assert!(matter.rates[..index].iter().all(|other| other.key != rate.key), "{}", rate.key);
            }
        }
    }
}
