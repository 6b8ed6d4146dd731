//! The codes of countries and currencies that are in use, and how an amount is written.

use super::countries;

/// ISO 4217, three letters each; funds, metals and testing are left out.
const CURRENCIES: &str = "AEDAFNALLAMDAOAARSAUDAWGAZNBAMBBDBDTBGNBHDBIFBMDBNDBOBBRLBSDBTNBWPBYNBZDCADCDFCHFCLPCNYCOPCRCCUP\
    CVECZKDJFDKKDOPDZDEGPERNETBEURFJDFKPGBPGELGHSGIPGMDGNFGTQGYDHKDHNLHTGHUFIDRILSINRIQDIRRISKJMDJOD\
    JPYKESKGSKHRKMFKPWKRWKWDKYDKZTLAKLBPLKRLRDLSLLYDMADMDLMGAMKDMMKMNTMOPMRUMURMVRMWKMXNMYRMZNNADNGN\
    NIONOKNPRNZDOMRPABPENPGKPHPPKRPLNPYGQARRONRSDRUBRWFSARSBDSCRSDGSEKSGDSHPSLESOSSRDSSPSTNSVCSYPSZL\
    THBTJSTMTTNDTOPTRYTTDTWDTZSUAHUGXUSDUYUUZSVEDVESVNDVUVWSTXAFXCDXCGXOFXPFYERZARZMWZWG";

/// Whether this is a country's code, in capitals.
pub fn is_country(code: &str) -> bool {
    countries::name(code).is_some()
}

/// Whether this is a currency's code, in capitals.
pub fn is_currency(code: &str) -> bool {
    code.len() == 3 && CURRENCIES.as_bytes().chunks_exact(3).any(|known| known == code.as_bytes())
}

/// Currencies whose smallest unit is the currency itself.
const WHOLE: &str = "BIFCLPDJFGNFISKJPYKMFKRWPYGRWFUGXVNDVUVXAFXOFXPF";
/// Currencies whose smallest unit is a thousandth.
const THOUSANDTHS: &str = "BHDIQDJODKWDLYDOMRTND";

/// An amount in the smallest unit of its currency, for people: `1,190.00 EUR`.
pub fn amount(minor: i64, currency: &str) -> String {
    let is_among = |list: &str| list.as_bytes().chunks_exact(3).any(|known| known == currency.as_bytes());
    let sign = if minor < 0 { "−" } else { "" };
    let minor = minor.unsigned_abs();
    if is_among(WHOLE) {
        return format!("{sign}{} {currency}", grouped(minor));
    }
    let (one, width) = if is_among(THOUSANDTHS) { (1000, 3) } else { (100, 2) };
    format!("{sign}{}.{:0width$} {currency}", grouped(minor / one), minor % one)
}

/// How many there are, for people: `1,190`.
pub fn count(number: i64) -> String {
    let sign = if number < 0 { "−" } else { "" };
    format!("{sign}{}", grouped(number.unsigned_abs()))
}

/// A number with a comma before every three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut parts: Vec<&str> =
        digits.as_bytes().rchunks(3).filter_map(|part| std::str::from_utf8(part).ok()).collect();
    parts.reverse();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::{THOUSANDTHS, WHOLE, amount, is_country, is_currency};

    #[test]
    fn an_amount_has_as_many_digits_as_its_currency() {
        for (minor, currency, text) in [
            (119_000, "EUR", "1,190.00 EUR"),
            (5, "USD", "0.05 USD"),
            (0, "USD", "0.00 USD"),
            (1_234_567, "JPY", "1,234,567 JPY"),
            (1_234_567, "KWD", "1,234.567 KWD"),
            (-100, "EUR", "−1.00 EUR"),
            (i64::MIN, "EUR", "−92,233,720,368,547,758.08 EUR"),
        ] {
            assert_eq!(amount(minor, currency), text);
        }
        for list in [WHOLE, THOUSANDTHS] {
            let mut codes = list.as_bytes().chunks_exact(3);
            assert!(codes.all(|code| is_currency(std::str::from_utf8(code).unwrap())), "{list}");
        }
    }

    #[test]
    fn only_codes_in_use_are_known() {
        assert!(["US", "DE", "ZW", "AD"].into_iter().all(is_country));
        assert!(["DA", "UK", "us", "USA", "", "X"].into_iter().all(|code| !is_country(code)));
        assert!(["USD", "EUR", "AED", "ZWG", "JPY"].into_iter().all(is_currency));
        assert!(["SDU", "usd", "XXX", "DEM", "US", ""].into_iter().all(|code| !is_currency(code)));
    }
}
