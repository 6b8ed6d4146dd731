//! The language of the database server. Postgres tells what is wrong by a code, but diesel passes on a few kinds and the words
//! alone: a lock that was not to be had, a deadlock, a server that ends its connections and text that is none come without
//! a kind of their own. So they are known by their words ([`super::Unavailable`], [`crate::platform::error::is_busy`]), and
//! only in English. What the driver says itself is English anyhow.
//!
//! Which language a server speaks (`lc_messages`) only its superuser may change, so the program cannot; it says so at its
//! start.

use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

#[derive(diesel::QueryableByName)]
struct Setting {
    #[diesel(sql_type = Text)]
    language: String,
}

/// Puts into the log that the server speaks another language to this role. Answers whether it does.
///
/// # Errors
/// What the database says.
pub(super) async fn warn_of_another(conn: &mut AsyncPgConnection) -> diesel::QueryResult<bool> {
    let setting: Setting =
        diesel::sql_query("SELECT current_setting('lc_messages') AS language").get_result(conn).await?;
    let is_other = !is_english(&setting.language);
    if is_other {
        tracing::warn!(
            database.language = setting.language,
            "the database does not tell its errors in English, so some are answered as if they were ours: have a superuser say \
             ALTER ROLE … SET lc_messages = 'C' for the role of the portal"
        );
    }
    Ok(is_other)
}

/// Whether a locale of messages is English, or none: without one Postgres translates nothing.
fn is_english(locale: &str) -> bool {
    let language = locale.split(['_', '.', '@']).next().unwrap_or_default();
    matches!(language, "" | "C" | "POSIX" | "en" | "English")
}

#[cfg(test)]
mod tests {
    use super::is_english;

    #[test]
    fn a_locale_is_english_by_its_language_whatever_its_country_and_encoding() {
        for locale in
            ["C", "C.UTF-8", "POSIX", "en_US.UTF-8", "en_GB", "en", "English_United States.1252", ""]
        {
            assert!(is_english(locale), "{locale}");
        }
        for locale in ["de_DE.UTF-8", "fr", "es_ES@euro", "German_Germany.1252"] {
            assert!(!is_english(locale), "{locale}");
        }
    }
}
