//! Why a request is denied, or something is withheld from it (S94): a code, its legal ground, the words that staff
//! begin with, and after how long somebody looks again. The database knows the codes too, and takes no other.

use chrono::{DateTime, Days, NaiveDate, Utc};

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reason {
    /// As it is stored.
    pub code: &'static str,
    /// In a line, for staff who choose.
    pub label: &'static str,
    /// The law behind it.
    pub ground: &'static str,
    /// What whoever asked is told, unless staff write something else.
    pub words: &'static str,
    /// After so many days it is looked at again.
    pub again_after: u64,
}

macro_rules! reasons {
    ($($code:literal $again:literal $label:literal $ground:literal $words:literal;)*) => {
        /// Every reason there is.
        pub const REASONS: &[Reason] = &[$(Reason { code: $code, label: $label, ground: $ground, words: $words, again_after: $again }),*];
    };
}

reasons! {
    "not_verified" 30 "We could not verify who asks"
        "Cal. Civ. Code 1798.130(a)(2); 11 CCR 7024; GDPR Art. 12(6)"
        "We could not make sure that this request comes from the person whose data it is about, so we disclosed and changed nothing. You can ask again at any time, for example signed in to your account.";
    "point_of_contact" 90 "They are the point of contact of a business"
        "Privacy policy, section on your choices; Cal. Civ. Code 1798.105(d)(1); GDPR Art. 6(1)(b)"
        "You are the point of contact of a business that uses our service, and we need to be able to reach it. Hand the role over to a colleague under Members of the account, then ask again.";
    "legal_duty" 365 "A law makes us keep it: billing, tax, audit, subscriber records"
        "Cal. Civ. Code 1798.105(d)(8); GDPR Art. 17(3)(b)"
        "A law makes us keep these records, for example for tax and audits, or of who uses a telephone number. We use them for nothing else, and they go when that duty ends.";
    "legal_hold" 180 "A legal matter is open"
        "Cal. Civ. Code 1798.145(a)(1); GDPR Art. 17(3)(e)"
        "These records are kept because of an open legal matter. When it ends, what is due to go goes.";
    "security" 180 "Security of our systems"
        "Cal. Civ. Code 1798.105(d)(2); 11 CCR 7024(b); GDPR Art. 6(1)(f)"
        "Giving out or deleting this would put the security of accounts or of our systems at risk.";
    "anti_fraud" 180 "Detecting and preventing fraud"
        "Cal. Civ. Code 1798.105(d)(2); GDPR Art. 6(1)(f)"
        "We need this to detect and prevent fraud and abuse, and use it for nothing else.";
    "secret" 365 "A secret that never leaves: password, token, identification number"
        "11 CCR 7024(d); GDPR Art. 32"
        "We hold this, and never give it out, not even to its owner: it lets somebody into an account or stands for a person.";
    "rights_of_others" 180 "It is about somebody else too"
        "Cal. Civ. Code 1798.145(k); GDPR Art. 15(4)"
        "This is about other people as well, whose rights we would hurt.";
    "accurate" 180 "What we hold is correct"
        "11 CCR 7023(b), (f); GDPR Art. 16"
        "From all that we know, what we hold is correct. You may send us a statement of up to 250 words, which we keep with it.";
    "excessive" 90 "The request repeats another or is plainly unfounded"
        "Cal. Civ. Code 1798.145(h)(3); GDPR Art. 12(5)"
        "We answered the same request a short while ago, and nothing has changed since.";
    "for_customer" 90 "We keep it for a customer of ours, who answers for it"
        "Cal. Civ. Code 1798.140(ag); 11 CCR 7050; GDPR Art. 28(3)"
        "A customer of ours decides about this data and answers for it. We passed your request on.";
    "not_held" 365 "We hold nothing like it"
        "11 CCR 7024(e); GDPR Art. 15(1)"
        "We looked, and hold nothing of this kind about you.";
}

impl Reason {
    /// The reason of a code.
    pub fn find(code: &str) -> Option<&'static Self> {
        REASONS.iter().find(|reason| reason.code == code)
    }

    /// The day on which somebody looks again, if it is given now.
    pub fn again_on(&self, now: DateTime<Utc>) -> NaiveDate {
        now.date_naive().checked_add_days(Days::new(self.again_after)).unwrap_or(NaiveDate::MAX)
    }
}

/// The sentences that an answer to a request that is fulfilled begins with, by kind as it is stored.
pub fn fulfilled_words(kind: &str) -> &'static str {
    match kind {
        "categories" => {
            "Here are the categories of personal information that we collect about you, where they come from, why we keep them and with whom we share them."
        }
        "access" => "Here is a copy of the personal information that we hold about you.",
        "portability" => "Here is your data in forms that other programs can read.",
        "correction" => "We corrected what you asked us to, and tell our service providers.",
        "deletion" => {
            "We deleted what we hold about you, told our service providers to do the same, and keep only the record of this request."
        }
        "item_deletion" => "We deleted what you named, and told our service providers to do the same.",
        "end_user" => {
            "We passed your request on to our customer, who decides about your data and will answer you."
        }
        _ => "We did what you asked.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_whole_and_has_a_code_of_its_own() {
        for (index, reason) in REASONS.iter().enumerate() {
            assert!(
                !reason.ground.is_empty() && reason.words.ends_with('.') && reason.again_after > 0,
                "{}",
                reason.code
            );
            assert!(REASONS[..index].iter().all(|other| other.code != reason.code), "{} twice", reason.code);
        }
    }
}
