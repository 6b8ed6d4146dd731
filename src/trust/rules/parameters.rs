//! Thresholds of a rule: named numbers, typed one a line.

use std::collections::BTreeMap;

use crate::trust::signals;

/// Most thresholds of a rule.
const MOST: usize = 20;
/// Largest number that may be written.
pub(super) const LARGEST: f64 = 1e9;

/// Thresholds by their names.
pub type Parameters = BTreeMap<String, f64>;

/// Reads thresholds, one a line: `most_an_hour = 500`.
///
/// # Errors
/// What is wrong, with the line.
pub fn parse_parameters(text: &str) -> Result<Parameters, String> {
    let mut found = Parameters::new();
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let line_number = number + 1;
        let Some((name, value)) = line.split_once('=') else {
            return Err(format!("Line {line_number}: write a name, an equals sign and a number."));
        };
        let (name, value) = (name.trim(), value.trim());
        let is_name = name.len() <= 40
            && name.starts_with(|c: char| c.is_ascii_lowercase())
            && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !is_name || cel_word(name) {
            return Err(format!(
                "Line {line_number}: a name is small letters, digits and underscores, up to 40."
            ));
        }
        if signals::signal(name).is_some() {
            return Err(format!("Line {line_number}: {name} is the name of a signal."));
        }
        let plain = !value.is_empty() && value.chars().all(|c| c.is_ascii_digit() || c == '.');
        let value = value.parse::<f64>().ok().filter(|value| plain && *value <= LARGEST);
        let Some(value) = value else {
            return Err(format!("Line {line_number}: write a number from 0 to 1000000000, as in 12 or 2.5."));
        };
        if found.insert(name.to_owned(), value).is_some() {
            return Err(format!("Line {line_number}: {name} is there twice."));
        }
    }
    if found.is_empty() {
        return Err("Name at least one threshold: the line that is drawn for the customer.".into());
    }
    if found.len() > MOST {
        return Err(format!("At most {MOST} thresholds."));
    }
    Ok(found)
}

/// Words of the language, which name nothing else.
fn cel_word(name: &str) -> bool {
    [
        "true",
        "false",
        "null",
        "in",
        "as",
        "break",
        "const",
        "continue",
        "else",
        "for",
        "function",
        "if",
        "import",
        "let",
        "loop",
        "package",
        "namespace",
        "return",
        "var",
        "void",
        "while",
    ]
    .contains(&name)
}

/// Thresholds as they are typed.
pub fn write_parameters(parameters: &Parameters) -> String {
    parameters.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_threshold_is_a_plain_number_with_a_name_of_its_own() {
        for text in [
            "a",
            "a = x",
            "A = 1",
            "a = -1",
            "a = 1e5",
            "a = inf",
            "a = 2000000000",
            "a = 1\na = 2",
            "in = 1",
            "networks = 4",
            "",
        ] {
            assert!(parse_parameters(text).is_err(), "{text:?}");
        }
        let read = parse_parameters("\n a = 12 \nmost_2=2.5\n").expect("right");
        assert_eq!(write_parameters(&read), "a = 12\nmost_2 = 2.5\n");
    }
}
