//! The data map: every table and column that is stored, once. It says what each is, whose it is, why
//! it is kept and for how long, with whom it is shared, and how it leaves (S71, S89, S90, S91).
//! Export, erasure and the public schedule are made from it; nothing else may know how. A test
//! compares it with the database's own catalogue, so that no column is ever forgotten.

mod accounts;
mod content;
pub mod desk;
mod disclosures;
mod exports;
mod forms;
mod identity;
mod platform;
mod preferences;
mod prefixes;
pub mod purposes;
mod recipients;
mod requests;
mod retention;
pub mod rows;
mod signals;
mod staff;
mod trust;
mod words;

pub use prefixes::prefix;
pub use recipients::Terms;

use crate::retention::rules::Rule;

/// The policy's own classes of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// What customers tell us or what we make for their account (policy: Customer Account Data).
    Account,
    /// What arises when they use the service (Customer Usage Data).
    Usage,
    /// What they keep with us (Customer Content).
    Content,
    /// What keeps the machinery running.
    Operations,
}

impl Class {
    /// Every class, in the order of the pages.
    pub const ALL: [Self; 4] = [Self::Account, Self::Usage, Self::Content, Self::Operations];

    /// What it is called.
    pub fn label(self) -> &'static str {
        match self {
            Self::Account => "Account data",
            Self::Usage => "Usage data",
            Self::Content => "Customer content",
            Self::Operations => "Operations",
        }
    }

    /// What it is, for people.
    pub fn about(self) -> &'static str {
        match self {
            Self::Account => "What you told us, and what we made for your account.",
            Self::Usage => "What came about while you used the service.",
            Self::Content => "What you or your programs keep with us.",
            Self::Operations => "What keeps the machinery running.",
        }
    }
}

/// Categories of personal information under Cal. Civ. Code 1798.140(v)(1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Category {
    /// (A) Names, addresses, numbers, account names, network addresses and other identifiers.
    Identifiers,
    /// (B) Telephone number and the like, as in the customer records statute.
    CustomerRecords,
    /// (D) Products and services considered or obtained.
    Commercial,
    /// (F) Activity on the network: sign-ins, browsers, messages read or sent.
    Activity,
    /// (G) Where somebody is, here never finer than a country.
    Geolocation,
    /// (I) Professional information: company and role there.
    Professional,
    /// (L) Sensitive: what lets somebody into an account.
    Sensitive,
    /// No personal information by itself.
    NotPersonal,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Typed or chosen by the person.
    Person,
    /// Sent along by their browser or network.
    Browser,
    /// Found out from the network address.
    Derived,
    /// Entered by a member of staff.
    Staff,
    /// Made by the portal.
    Portal,
    /// Sent by a customer's program.
    Program,
    /// Told by our payment processor, by a signed hook.
    Processor,
}

/// With whom a value is shared so that the purpose can be met.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipient {
    /// Whoever carries our mail.
    MailCarrier,
    /// Whoever carries our text messages and calls.
    PhoneCarrier,
    /// Tax authorities and auditors, who may look at what the law makes us keep for them.
    TaxAuthority,
    /// The local carrier that connects a number (S50).
    LocalCarrier,
    /// A government authority that a local law lets ask who uses a number (S50).
    Authority,
    /// A partner that the person said yes to, for marketing of its own (S113).
    Partner,
}

/// Whether a value is in the copy that a person gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Export {
    /// It is.
    Yes,
    /// It is not: it is a key, a hash or a number of ours, without meaning to them.
    No,
    /// It is, opened: it is kept sealed.
    Opened,
    /// It is not, and the copy says that it is held: secrets never leave (11 CCR 7024(d)).
    HeldNeverExported,
}

/// What happens to a row when the person it belongs to is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erasure {
    /// It is deleted.
    DeleteRow,
    /// It goes with the row it hangs on.
    Cascade,
    /// These columns are emptied, the rest stays.
    Anonymise(&'static [&'static str]),
    /// It stays, because of this.
    Keep(&'static str),
}

/// Whose a row is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The person in this column.
    Person(&'static str),
    /// The owner of a row of another table: our column, which holds its key `id`, and that table.
    Through(&'static str, &'static str),
    /// The owner of the row of another table that names ours: that table, and its column with our `id`.
    Listed(&'static str, &'static str),
    /// Whoever has the e-mail address or telephone number in this column.
    Address(&'static str),
    /// Whoever one of these keyed digests, in this column, is of.
    Digest(&'static str, &'static [Keyed]),
    /// Nobody.
    Nobody,
}

/// Of what a keyed digest is that stands for somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyed {
    /// Their e-mail address, as [`Keys::email_digest`] has it.
    ///
    /// [`Keys::email_digest`]: crate::platform::crypto::Keys::email_digest
    Email,
    /// Their id, where failures at their second factor are counted.
    SecondFactor,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What kind of data.
    pub class: Class,
    /// CCPA category.
    pub category: Category,
    /// Where it comes from.
    pub source: Source,
    /// Why it is kept.
    pub purpose: &'static str,
    /// With whom it is shared.
    pub shared: &'static [Recipient],
    /// Whether it leaves in an export.
    pub export: Export,
}

/// A table.
#[derive(Clone, Copy, Debug)]
pub struct Table {
    /// Its name, with its schema unless that is `public`.
    pub name: &'static str,
    /// What a row is.
    pub about: &'static str,
    /// Whose a row is.
    pub owner: Owner,
    /// Further ways by which a row can be somebody's. An address or a digest counts only where no column names a
    /// person by id: it may have become somebody else's since.
    pub also: &'static [Owner],
    /// How long a row is kept.
    pub rule: &'static Rule,
    /// Columns that are emptied before their row goes, with the rule for it.
    pub sooner: &'static [(&'static str, &'static Rule)],
    /// What erasure does to a row.
    pub erasure: Erasure,
    /// Its columns; none where the table belongs to a library and is described as a whole.
    pub columns: &'static [Column],
}

/// A part of the map, written as a table: one line a column.
macro_rules! map {
    ($(
        table $table:literal $about:literal { owner: $owner:expr, $(also: [$($also:expr),*],)? keep: $rule:ident, $(sooner: [$($early:literal => $early_rule:ident),*],)? erase: $erasure:expr }
        $($column:literal $class:ident $category:ident $source:ident [$($shared:ident),*] $export:ident $purpose:literal;)*
    )*) => {
        &[$($crate::privacy::data_map::Table {
            name: $table,
            about: $about,
            owner: { #[allow(unused_imports, reason = "few tables have a digest")] use $crate::privacy::data_map::{Keyed::*, Owner::*}; $owner },
            also: { #[allow(unused_imports, reason = "few tables have another way")] use $crate::privacy::data_map::{Keyed::*, Owner::*}; &[$($($also),*)?] },
            rule: &$crate::retention::rules::$rule,
            sooner: &[$($(($early, &$crate::retention::rules::$early_rule)),*)?],
            erasure: { use $crate::privacy::data_map::Erasure::*; $erasure },
            columns: &[$($crate::privacy::data_map::Column {
                name: $column,
                class: $crate::privacy::data_map::Class::$class,
                category: $crate::privacy::data_map::Category::$category,
                source: $crate::privacy::data_map::Source::$source,
                purpose: $purpose,
                shared: &[$($crate::privacy::data_map::Recipient::$shared),*],
                export: $crate::privacy::data_map::Export::$export,
            }),*],
        }),*]
    };
}
use map;

/// Finds a column by its place, `table.column`.
pub fn find(place: &str) -> Option<(&'static Table, &'static Column)> {
    let (table, column) = place.split_once('.')?;
    let table = self::table(table)?;
    Some((table, table.columns.iter().find(|known| known.name == column)?))
}

/// Whether what is sealed in a table is sealed for its row too ([`crate::platform::crypto::Keys::place_in_row`]).
pub fn is_sealed_by_row(table: &str) -> bool {
    table == "subscriber_records"
}

/// Finds a table by its name.
pub fn table(name: &str) -> Option<&'static Table> {
    tables().find(|known| known.name == name)
}

/// Every table there is.
pub fn tables() -> impl Iterator<Item = &'static Table> {
    [
        platform::TABLES,
        identity::TABLES,
        staff::TABLES,
        accounts::TABLES,
        content::TABLES,
        forms::TABLES,
        preferences::TABLES,
        exports::TABLES,
        requests::TABLES,
        disclosures::TABLES,
        retention::TABLES,
        signals::TABLES,
        trust::TABLES,
    ]
    .into_iter()
    .flatten()
}
