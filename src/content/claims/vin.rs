//! Vehicle identification numbers: 17 characters, of which the ninth is a check digit over the others (49 CFR 565.15).

/// Weight of each place. The check digit itself has none.
const WEIGHTS: [u32; 17] = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];

/// Reads a VIN, in capitals.
///
/// # Errors
/// What is wrong with it; for a wrong check digit, which one the others ask for.
pub fn parse(text: &str) -> Result<String, String> {
    let vin = text.trim().to_ascii_uppercase();
    let characters = vin.chars().count();
    if characters != 17 {
        return Err(format!("A VIN has 17 characters; this one has {characters}."));
    }
    let mut sum = 0;
    for (place, (character, weight)) in vin.bytes().zip(WEIGHTS).enumerate() {
        let value = value(character).filter(|_| vin.is_ascii()).ok_or_else(|| {
            format!("A VIN has digits and letters without I, O and Q; see character {}.", place + 1)
        })?;
        sum += value * weight;
    }
    let expected = match sum % 11 {
        10 => 'X',
        digit => char::from_digit(digit, 10).unwrap_or_default(),
    };
    if vin.as_bytes()[8] != expected as u8 {
        return Err(format!(
            "The ninth character is the check digit, and would be {expected} for the others."
        ));
    }
    Ok(vin)
}

/// What a character counts for.
fn value(character: u8) -> Option<u32> {
    Some(match character {
        b'0'..=b'9' => u32::from(character - b'0'),
        b'A'..=b'H' => u32::from(character - b'A') + 1,
        b'J'..=b'N' => u32::from(character - b'J') + 1,
        b'P' => 7,
        b'R' => 9,
        b'S'..=b'Z' => u32::from(character - b'S') + 2,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_right_vin_is_read_in_capitals() {
        for vin in ["1HGCM82633A004352", "1M8GDM9AXKP042788", "11111111111111111", "5GZCZ43D13S812715"] {
            assert_eq!(parse(&format!(" {} ", vin.to_lowercase())).as_deref(), Ok(vin));
        }
    }

    #[test]
    fn one_wrong_character_is_noticed_and_the_right_digit_told() {
        assert!(parse("1HGCM82634A004352").unwrap_err().contains("would be 1"));
        assert!(parse("1M8GDM9A0KP042788").unwrap_err().contains("would be X"));
    }

    #[test]
    fn what_is_no_vin_is_told_why() {
        assert!(parse("1HGCM82633A00435").unwrap_err().contains("has 16"));
        assert!(parse("1HGCM82633A0O4352").unwrap_err().contains("character 13"));
        assert!(parse("1HGCM82633A00435é").unwrap_err().contains("letters without"));
        assert!(parse("").unwrap_err().contains("has 0"));
    }
}
