//! A person, as the features of identity share them, and the queries that several need.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use super::spellings;
use crate::content::forbidden;
use crate::platform::db::schema::{
    passkeys, people, recovery_codes, staff_roles, totp_enrolments, totp_factors,
};
use crate::platform::ids::PersonId;
use crate::platform::web::session::Auth;

/// A person who can sign in (S11, S16, S54).
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = people, check_for_backend(diesel::pg::Pg))]
pub struct Person {
    /// SID.
    pub id: PersonId,
    /// Full name.
    pub name: String,
    /// Confirmed e-mail address.
    pub email: String,
    /// Company, if told.
    pub company: Option<String>,
    /// Role there, if told.
    pub role: Option<String>,
    /// Telephone number in E.164.
    pub phone: Option<String>,
    /// Argon2id hash; nothing while the password is void.
    pub password_hash: Option<String>,
    /// Counts changes of password and factors.
    pub credential_version: i32,
    /// When the person came to be.
    pub created_at: DateTime<Utc>,
}

/// What a sign-in must know beside the person.
#[derive(Clone, Copy, Debug)]
pub struct Factors {
    /// An authenticator app is set up.
    pub totp: bool,
    /// A passkey is set up.
    pub passkey: bool,
    /// The person is a member of staff.
    pub staff: bool,
}

impl Factors {
    /// Whether there is any second factor.
    pub fn any(self) -> bool {
        self.totp || self.passkey
    }
}

/// Somebody by address, compared without regard to case; also whose address was kept in its earlier spelling.
///
/// # Errors
/// What the database says.
pub async fn find_by_email(conn: &mut AsyncPgConnection, email: &str) -> QueryResult<Option<Person>> {
    for spelling in spellings::both(email) {
        let found = people::table
            .filter(diesel::dsl::sql::<diesel::sql_types::Text>("lower(email)").eq(spelling))
            .select(Person::as_select())
            .first(conn)
            .await
            .optional()?;
        if found.is_some() {
            return Ok(found);
        }
    }
    Ok(None)
}

/// Somebody by id.
///
/// # Errors
/// `NotFound`, or what the database says.
pub async fn find(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<Person> {
    people::table.find(id).select(Person::as_select()).first(conn).await
}

/// Somebody by id, locked until the end of the transaction: changes to one person's credentials
/// happen one after the other. Rows that name them, as a mail to them, wait for nothing: their writers have other locks
/// already, which whoever changes a person may want next.
///
/// # Errors
/// `NotFound`, or what the database says.
pub async fn lock(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<Person> {
    people::table.find(id).select(Person::as_select()).for_no_key_update().first(conn).await
}

/// As [`lock`], and nobody writes a row that names them either, for whoever deletes them.
///
/// # Errors
/// As [`lock`].
pub async fn lock_to_delete(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<Person> {
    people::table.find(id).select(Person::as_select()).for_update().first(conn).await
}

/// Whoever is signed in, locked as by [`lock`], for a change that only a live session may make.
///
/// # Errors
/// `RollbackTransaction`, which reaches the edge as 'sign in again', when credentials changed since the
/// session was loaded: it is dead then, however long its request has been waiting.
pub async fn lock_as(conn: &mut AsyncPgConnection, who: &Auth) -> QueryResult<Person> {
    let person = lock(conn, who.person).await?;
    let alive = person.credential_version == who.credential_version;
    if alive { Ok(person) } else { Err(diesel::result::Error::RollbackTransaction) }
}

/// Which factors somebody has.
///
/// # Errors
/// What the database says.
pub async fn factors(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<Factors> {
    use diesel::dsl::exists;
    let (totp, passkey, staff) = diesel::select((
        exists(totp_factors::table.filter(totp_factors::person_id.eq(id))),
        exists(passkeys::table.filter(passkeys::person_id.eq(id))),
        exists(staff_roles::table.filter(staff_roles::person_id.eq(id))),
    ))
    .get_result(conn)
    .await?;
    Ok(Factors { totp, passkey, staff })
}

/// Counts the credential version up and answers the new one: every session of an older one is dead.
///
/// # Errors
/// What the database says.
pub async fn bump_credentials(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<i32> {
    // A secret that was shown to whoever was signed in before must not become the factor of who comes after.
    diesel::delete(totp_enrolments::table.find(id)).execute(conn).await?;
    diesel::update(people::table.find(id))
        .set(people::credential_version.eq(people::credential_version + 1))
        .returning(people::credential_version)
        .get_result(conn)
        .await
}

/// Ends every session of a person but the one named.
///
/// # Errors
/// What the database says.
pub async fn end_sessions(
    conn: &mut AsyncPgConnection,
    id: PersonId,
    but: Option<crate::platform::ids::SessionId>,
) -> QueryResult<usize> {
    use crate::platform::db::schema::sessions;
    let kept = but.map_or(uuid::Uuid::nil(), |session| session.0);
    diesel::delete(sessions::table.filter(sessions::person_id.eq(id)).filter(sessions::id.ne(kept)))
        .execute(conn)
        .await
}

/// How many recovery codes are left.
///
/// # Errors
/// What the database says.
pub async fn recovery_codes_left(conn: &mut AsyncPgConnection, id: PersonId) -> QueryResult<i64> {
    recovery_codes::table
        .filter(recovery_codes::person_id.eq(id).and(recovery_codes::used_at.is_null()))
        .count()
        .get_result(conn)
        .await
}

/// Reads an e-mail address: whole up to 254 octets, local part up to 64, a domain with a dot. It comes out as everybody
/// compares it: a domain in other letters as the network knows it, and a local part in other letters in small ones, of
/// which the database and we would else not make the same. The address of a machine is none: our relay may reach
/// machines that the sender of a form does not.
///
/// # Errors
/// What is wrong with it, for the person who typed it.
pub fn parse_email(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Enter your e-mail address.".into());
    }
    let Some((local, domain)) = text.rsplit_once('@') else {
        return Err("An e-mail address has an @ in it, as in name@example.com.".into());
    };
    if text.len() > 254 || local.len() > 64 {
        return Err("This address is longer than e-mail allows.".into());
    }
    let (local, domain) = match text.is_ascii() {
        true => (local.to_owned(), domain.to_owned()),
        false => (local.to_lowercase(), idna::domain_to_ascii(domain).unwrap_or_default()),
    };
    let of_a_name = domain
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.bytes().any(|byte| byte.is_ascii_alphabetic()) && !last.ends_with(']'));
    let address = format!("{local}@{domain}");
    if of_a_name && address.len() <= 254 && address.parse::<lettre::Address>().is_ok() {
        Ok(address)
    } else {
        Err("This does not look like an e-mail address. Example: name@example.com.".into())
    }
}

/// Whether a line has the address of a web page in it. Names of people and accounts stand in mail to others who know neither,
/// so they lead nowhere.
pub fn leads_somewhere(text: &str) -> bool {
    text.contains("://") || text.to_lowercase().contains("www.")
}

/// Reads a name: not empty, up to 200 characters, no control characters, no address of a web page.
///
/// # Errors
/// What is wrong with it.
pub fn parse_name(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Enter your name.".into());
    }
    if leads_somewhere(text) {
        return Err("The address of a web page cannot be part of a name.".into());
    }
    parse_optional(text).map(Option::unwrap_or_default)
}

/// Breaks a line, or turns what stands behind it around: with it in a name, the address beside the name reads as another.
fn turns_around(c: char) -> bool {
    matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a line reads as another than it is.
pub fn misleads(line: &str) -> bool {
    line.chars().any(|c| c.is_control() || turns_around(c))
}

/// Reads a line that may be empty: up to 200 characters, no control characters, and nothing that is kept nowhere, as the
/// number of a payment card (S13).
///
/// # Errors
/// What is wrong with it.
pub fn parse_optional(text: &str) -> Result<Option<String>, String> {
    let text = text.trim();
    if text.chars().count() > 200 {
        return Err("This is longer than 200 characters.".into());
    }
    if misleads(text) {
        return Err("Line breaks and control characters do not belong here.".into());
    }
    forbidden::refuse(text.to_owned()).map(|text| (!text.is_empty()).then_some(text))
}

/// Whether a box was ticked, whatever value the program that sent the form gave it.
pub fn ticked(value: &str) -> bool {
    !matches!(value.trim().to_lowercase().as_str(), "" | "0" | "false" | "off" | "no")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_up_to_the_limits_are_taken_and_longer_ones_are_not() {
        let domain = format!("{}.example.com", "d".repeat(60));
        assert!(parse_email(&format!("{}@{domain}", "a".repeat(64))).is_ok());
        assert!(parse_email(&format!("{}@{domain}", "a".repeat(65))).is_err());
        for bad in [
            "",
            "ada",
            "ada@",
            "@example.com",
            "ada@example",
            "ada lovelace@example.com",
            "ada@exa mple.com",
            "ada@example.com\r\nBcc: x@y.z",
            "ada@127.0.0.1",
            "ada@[127.0.0.1]",
            "ada@[IPv6:fe80::1.a]",
            "ada@１２７.0.0.1",
            "ada@\u{ad}",
        ] {
            assert!(parse_email(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn one_mailbox_in_other_letters_is_one_address() {
        for (typed, read) in [
            ("Ada@Example.com", "Ada@Example.com"),
            ("Ada@Bücher.example", "ada@xn--bcher-kva.example"),
            ("ada@ｅxample。com", "ada@example.com"),
            ("ΑΔΑΣ@example.com", "αδας@example.com"),
        ] {
            let address = parse_email(typed);
            assert_eq!(address.as_deref(), Ok(read));
            assert_eq!(parse_email(read).as_deref(), Ok(read));
        }
    }
}
