//! Which rows of a table are somebody's: from the map's own words to a condition in SQL. Copies, erasure and counts
//! ask here; nothing else knows how to find the rows of a table.

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, Bytea, Text, Uuid as SqlUuid};
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::{Keyed, Owner, Table};
use crate::identity::sign_in::second_factor;
use crate::identity::spellings;
use crate::platform::crypto::Keys;
use crate::platform::db::schema::{email_changes, people};
use crate::platform::ids::{AccountId, PersonId};

/// No id is like this: by it nothing is found.
const NOBODY: PersonId = PersonId(uuid::Uuid::max());

/// Whose rows are looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// Somebody who signs in, with all accounts that they own.
    Person {
        /// SID.
        id: PersonId,
        /// Their e-mail address, and those that they had before, in small letters; and their telephone number.
        addresses: Vec<String>,
        /// Every [`Keyed`] digest that stands for them.
        digests: Vec<Vec<u8>>,
    },
    /// An account alone, with what its members keep in it.
    Account {
        /// SID.
        id: AccountId,
    },
}

impl Subject {
    /// A person by what they are known: their present address first, then earlier ones.
    pub fn person(keys: &Keys, id: PersonId, emails: &[String], phone: Option<&str>) -> Self {
        let emails: Vec<String> = emails.iter().flat_map(|email| spellings::all(email)).collect();
        let digests = |of| match of {
            Keyed::Email => emails.iter().map(|email| keys.email_digest(email)).collect(),
            Keyed::SecondFactor => vec![second_factor::digest(keys, id)],
        };
        let digests = [Keyed::Email, Keyed::SecondFactor].into_iter().flat_map(digests).collect();
        let addresses = emails.into_iter().chain(phone.map(str::to_owned)).collect();
        Self::Person { id, addresses, digests }
    }

    /// Somebody who has an address and no account: what names nobody else by id.
    pub fn address(keys: &Keys, email: &str) -> Self {
        let addresses = spellings::all(email);
        let digests = addresses.iter().map(|address| keys.email_digest(address)).collect();
        Self::Person { id: NOBODY, addresses, digests }
    }

    /// The same by the [`Keyed::Email`] digest of the address, where that is all that is known.
    pub fn without_account(email: Option<&str>, digest: Vec<u8>) -> Self {
        let addresses = email.map(|email| email.trim().to_lowercase()).into_iter().collect();
        Self::Person { id: NOBODY, addresses, digests: vec![digest] }
    }

    /// A person as they are stored.
    ///
    /// # Errors
    /// `NotFound` if they are not there (any more).
    pub async fn find_person(conn: &mut AsyncPgConnection, keys: &Keys, id: PersonId) -> QueryResult<Self> {
        let (email, phone): (String, Option<String>) =
            people::table.find(id).select((people::email, people::phone)).first(conn).await?;
        let mut emails = vec![email];
        emails.extend(earlier_addresses(conn, id).await?);
        Ok(Self::person(keys, id, &emails, phone.as_deref()))
    }

    /// The condition that the rows of a table fulfil which are theirs, with `$1` (uuid), `$2` (text[]) and `$3`
    /// (bytea[]) for [`Subject::query`]; nothing where no row can be.
    pub fn condition(&self, table: &Table) -> Option<String> {
        if let (Self::Account { .. }, "accounts") = (self, table.name) {
            return Some("id = $1".into());
        }
        let ways = || [table.owner].into_iter().chain(table.also.iter().copied());
        let found: Vec<String> = ways().filter_map(|way| self.by(way, table)).collect();
        match &found[..] {
            [] => None,
            [only] => Some(only.clone()),
            several => Some(format!("({})", several.join(" OR "))),
        }
    }

    /// The same without what the law forbids to tell whoever it is about, or what they were not told yet: for all that they
    /// read (S72, S121).
    pub fn readable(&self, table: &Table) -> Option<String> {
        let theirs = self.condition(table)?;
        let only = match table.name {
            "holds" => "silent_because IS NULL",
            "disclosures" | "transfer_notices" => "told_at IS NOT NULL",
            "disclosure_steps" => "disclosure_id IN (SELECT id FROM disclosures WHERE told_at IS NOT NULL)",
            _ => return Some(theirs),
        };
        Some(format!("({theirs}) AND {only}"))
    }

    fn by(&self, way: Owner, table: &Table) -> Option<String> {
        if let Owner::Through(column, parent) = way {
            let of_parent = self.condition(super::table(parent)?)?;
            // Beside another way only an array lets Postgres use an index; alone, a join copes with millions.
            return Some(if table.also.is_empty() {
                format!("{column} IN (SELECT id FROM {parent} WHERE {of_parent})")
            } else {
                format!("{column} = ANY (ARRAY(SELECT id FROM {parent} WHERE {of_parent}))")
            });
        }
        if let Owner::Listed(list, column) = way {
            let of_list = self.condition(super::table(list)?)?;
            return Some(format!("id = ANY (ARRAY(SELECT {column} FROM {list} WHERE {of_list}))"));
        }
        match (self, way) {
            (Self::Person { .. }, Owner::Person(column)) => Some(format!("{column} = $1")),
            (Self::Person { .. }, Owner::Address(column)) => {
                Some(format!("lower({column}) = ANY ($2){}", unless_named(table)))
            }
            (Self::Person { .. }, Owner::Digest(column, _)) => {
                Some(format!("{column} = ANY ($3){}", unless_named(table)))
            }
            _ => None,
        }
    }

    /// A query with `$1` to `$3` bound; what it binds itself begins at `$4`.
    pub fn query(&self, sql: impl Into<String>) -> BoxedSqlQuery<'static, Pg, SqlQuery> {
        let (id, addresses, digests) = self.values();
        diesel::sql_query(sql.into())
            .into_boxed()
            .bind::<SqlUuid, _>(id)
            .bind::<Array<Text>, _>(addresses)
            .bind::<Array<Bytea>, _>(digests)
    }

    /// As [`Subject::readable`] with the values written into it, for `COPY`, which takes no parameters.
    pub fn literal_condition(&self, table: &Table) -> Option<String> {
        let (id, addresses, digests) = self.values();
        let quoted = |texts: Vec<String>| {
            texts.iter().map(|text| format!("'{}'", text.replace('\'', "''"))).collect::<Vec<_>>().join(", ")
        };
        let digests = digests.iter().map(|digest| format!("\\x{}", hex::encode(digest))).collect();
        // Digests first: no address is looked at again for a parameter's name.
        let condition = self.readable(table)?.replace("$1", &format!("'{id}'::uuid"));
        let condition = condition.replace("$3", &format!("ARRAY[{}]::bytea[]", quoted(digests)));
        Some(condition.replace("$2", &format!("ARRAY[{}]::text[]", quoted(addresses))))
    }

    /// What they are known by, in small letters; an account by nothing.
    pub fn addresses(&self) -> &[String] {
        match self {
            Self::Person { addresses, .. } => addresses,
            Self::Account { .. } => &[],
        }
    }

    fn values(&self) -> (uuid::Uuid, Vec<String>, Vec<Vec<u8>>) {
        match self {
            Self::Person { id, addresses, digests } => (id.0, addresses.clone(), digests.clone()),
            Self::Account { id } => (id.0, Vec::new(), Vec::new()),
        }
    }
}

/// The addresses that somebody had before, as far as the changes are still known, and nobody else has them by now.
async fn earlier_addresses(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<Vec<String>> {
    let taken = "EXISTS (SELECT FROM people p WHERE lower(p.email) = lower(email_changes.old_email))";
    email_changes::table
        .filter(email_changes::person_id.eq(id))
        .filter(email_changes::confirmed_at.is_not_null().and(email_changes::undone_at.is_null()))
        .filter(diesel::dsl::not(diesel::dsl::sql::<diesel::sql_types::Bool>(taken)))
        .order(email_changes::id)
        .select(email_changes::old_email)
        .load(conn)
        .await
}

/// An address says nothing about a row that names a person by id.
fn unless_named(table: &Table) -> String {
    let ways = [table.owner].into_iter().chain(table.also.iter().copied());
    let columns = ways.filter_map(|way| if let Owner::Person(column) = way { Some(column) } else { None });
    columns.map(|column| format!(" AND {column} IS NULL")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::privacy::data_map;

    fn somebody() -> Subject {
        let id = PersonId("01900000-0000-7000-8000-000000000001".parse().unwrap());
        Subject::person(&Keys::derive(&[7; 32]), id, &["O'Hara@Example.com".into()], Some("+12025550100"))
    }

    fn condition(subject: &Subject, table: &str) -> Option<String> {
        subject.condition(data_map::table(table).unwrap())
    }

    #[test]
    fn a_chain_is_followed_to_the_person() {
        let statuses = condition(&somebody(), "communication_statuses").unwrap();
        assert_eq!(
            statuses,
            "communication_id IN (SELECT id FROM communications WHERE account_id IN (SELECT id FROM accounts WHERE owner_id = $1))"
        );
        assert_eq!(
            condition(&somebody(), "messages").unwrap(),
            "(person_id = $1 OR lower(recipient) = ANY ($2) AND person_id IS NULL)"
        );
        assert_eq!(condition(&somebody(), "sign_in_failures").unwrap(), "subject_digest = ANY ($3)");
        assert_eq!(condition(&somebody(), "rate_limits"), None);
        let files = condition(&somebody(), "files").unwrap();
        assert!(
            files.starts_with("(id = ANY (ARRAY(SELECT file_id FROM data_request_message_files WHERE message_id IN (SELECT id"),
            "{files}"
        );
        for list in ["appeal_files WHERE appeal_id", "dispute_files WHERE dispute_id"] {
            assert!(
                files.contains(&format!("OR id = ANY (ARRAY(SELECT file_id FROM {list} IN (SELECT id")),
                "{files}"
            );
        }
    }

    #[test]
    fn an_account_has_what_hangs_on_it_and_nothing_of_its_people() {
        let account = Subject::Account { id: AccountId(uuid::Uuid::nil()) };
        assert_eq!(condition(&account, "accounts").unwrap(), "id = $1");
        assert_eq!(
            condition(&account, "claims").unwrap(),
            "account_id IN (SELECT id FROM accounts WHERE id = $1)"
        );
        assert_eq!(condition(&account, "people"), None);
        assert_eq!(condition(&account, "sessions"), None);
        assert!(condition(&account, "account_invitations").is_some_and(|sql| !sql.contains("email")));
    }

    #[test]
    fn somebody_without_an_account_has_no_row_that_names_a_person() {
        let nobody = Subject::address(&Keys::derive(&[7; 32]), "Eve@Example.com");
        assert_eq!(
            nobody.literal_condition(data_map::table("staff_invitations").unwrap()).unwrap(),
            "lower(email) = ANY (ARRAY['eve@example.com']::text[])"
        );
        let requests = nobody.literal_condition(data_map::table("data_requests").unwrap()).unwrap();
        assert!(requests.starts_with("(person_id = 'ffffffff-ffff-"), "{requests}");
        assert!(requests.ends_with(" AND person_id IS NULL)"), "{requests}");
    }

    #[test]
    fn what_may_not_be_told_is_not_read_and_is_still_theirs() {
        let holds = data_map::table("holds").unwrap();
        assert!(somebody().readable(holds).unwrap().ends_with(" AND silent_because IS NULL"));
        assert!(somebody().literal_condition(holds).unwrap().ends_with(" AND silent_because IS NULL"));
        assert!(!somebody().condition(holds).unwrap().contains("silent_because"));
        for name in ["disclosures", "disclosure_steps", "transfer_notices"] {
            let table = data_map::table(name).unwrap();
            assert!(somebody().readable(table).unwrap().contains("told_at IS NOT NULL"), "{name}");
        }
    }

    #[test]
    fn values_that_are_written_in_are_quoted() {
        let table = data_map::table("staff_invitations").unwrap();
        assert_eq!(
            somebody().literal_condition(table).unwrap(),
            "lower(email) = ANY (ARRAY['o''hara@example.com', '+12025550100']::text[])"
        );
        let failures = somebody().literal_condition(data_map::table("sign_in_failures").unwrap()).unwrap();
        assert!(failures.starts_with("subject_digest = ANY (ARRAY['\\x"), "{failures}");
    }
}
