//! Which passwords are taken (NIST 800-63B-4): long ones that attackers do not try first. No rules of
//! composition, nothing cut off, and the reason for a refusal is told.

use zxcvbn::{Score, zxcvbn};

use crate::platform::app::App;

/// Fewest code points. A second factor is optional, so each password must do as the only factor.
pub const SHORTEST: usize = 15;
/// Most code points; far more than anybody types.
pub const LONGEST: usize = 1000;
/// The estimator looks at this many characters; what comes after only makes a password stronger. Its work
/// grows steeply with length, and a form is open to anybody.
const ESTIMATED: usize = 32;

/// Judges a password for somebody whose name, address and so on are `personal`.
///
/// # Errors
/// Why it is refused, for the person who chose it.
pub fn check(password: &str, personal: &[&str]) -> Result<(), String> {
    let length = password.chars().count();
    if length == 0 {
        return Err("Choose a password.".into());
    }
    if length < SHORTEST {
        return Err(format!(
            "Use at least {SHORTEST} characters; this has {length}. A few unrelated words are easy to remember."
        ));
    }
    if length > LONGEST {
        return Err(format!("Use at most {LONGEST} characters."));
    }
    let head: String = password.chars().take(ESTIMATED).collect();
    let parts: Vec<&str> = personal
        .iter()
        .flat_map(|text| text.split(['@', '.', ' ', '-', '_']))
        .filter(|part| part.len() > 2)
        .collect();
    let inputs: Vec<&str> = personal.iter().copied().chain(parts).chain(["lossexpress", "portal"]).collect();
    let estimate = zxcvbn(&head, &inputs);
    if estimate.score() >= Score::Two {
        return Ok(());
    }
    let why =
        estimate.feedback().and_then(zxcvbn::feedback::Feedback::warning).map(|warning| warning.to_string());
    let why = why.unwrap_or_else(|| "It follows a pattern that attackers try early.".into());
    Err(format!("This password is too easy to guess. {why} Choose words that do not belong together."))
}

/// [`check`] and then [`check_breaches`], for a form with nothing but a password.
///
/// # Errors
/// As these.
pub async fn judge(app: &App, password: &str, personal: &[&str]) -> Result<(), String> {
    check(password, personal)?;
    check_breaches(app, password).await
}

/// Asks whether a password became known in a breach, where a service is set up for that.
///
/// # Errors
/// Why it is refused, for the person who chose it.
pub async fn check_breaches(app: &App, password: &str) -> Result<(), String> {
    if app.breached_passwords.contain(password).await {
        return Err("This password appears in known breaches, so attackers try it early. \
            Choose one that you use nowhere else."
            .into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_counts_code_points_and_nothing_is_cut_off() {
        assert!(check("plötzlich-grün-", &[]).is_ok());
        assert!(check("plötzlich-grün", &[]).is_err());
        assert!(check(&"wide river lantern ".repeat(6), &[]).is_ok());
        assert!(check(&"x".repeat(LONGEST + 1), &[]).is_err());
    }

    #[test]
    fn common_repeated_and_personal_passwords_are_refused_with_a_reason() {
        for bad in [
            "passwordpassword",
            "aaaaaaaaaaaaaaaaaaaa",
            "qwertyuiopqwertyuiop",
            "123456789012345",
            "lossexpresslossexpress",
        ] {
            assert!(check(bad, &[]).unwrap_err().contains("too easy"), "{bad}");
        }
        assert!(check("ada.lovelace@example.com", &["ada.lovelace@example.com", "Ada Lovelace"]).is_err());
    }
}
