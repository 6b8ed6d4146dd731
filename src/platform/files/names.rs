//! What a file is called: as its sender called it, without what could mislead somebody or lead somewhere.

use crate::platform::text::in_one_line;

/// Longest name in characters.
pub const LONGEST: usize = 120;
/// Longest ending that is kept when a name is cut.
const LONGEST_ENDING: usize = 10;

/// Turns text around or hides what stands beside it, so that `fdp.exe` reads as `exe.pdf`.
fn misleads(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{ad}' | '\u{61c}')
}

/// A name without folders, control characters and what no file system takes, at most 120 characters long. Never empty.
pub fn clean(sent: &str) -> String {
    let last = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept = last.chars().filter(|c| !c.is_control() && !misleads(*c));
    let plain: String = kept.map(|c| if "<>:\"|?*".contains(c) { '_' } else { c }).collect();
    let words = in_one_line(&plain);
    // One that begins with a dot would be hidden, one that ends with it is cut by some systems.
    let name = words.trim_matches(|c: char| c == '.' || c == ' ');
    match name {
        "" => "file".into(),
        _ => shortened(name),
    }
}

fn shortened(name: &str) -> String {
    if name.chars().count() <= LONGEST {
        return name.to_owned();
    }
    let ending = name.rsplit_once('.').map(|(_, ending)| ending).unwrap_or_default();
    let ending = if ending.chars().count() <= LONGEST_ENDING { format!(".{ending}") } else { String::new() };
    let kept = LONGEST - ending.chars().count();
    name.chars().take(kept).collect::<String>().trim_end().to_owned() + &ending
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_nowhere_and_hides_nothing() {
        for (sent, kept) in [
            ("Invoice 7.pdf", "Invoice 7.pdf"),
            ("../../etc/passwd.txt", "passwd.txt"),
            ("C:\\fakepath\\scan.png", "scan.png"),
            ("Überweisung März.pdf", "Überweisung März.pdf"),
            ("a\u{202e}fdp.exe.pdf", "afdp.exe.pdf"),
            ("a\r\nSet-Cookie: x.txt", "aSet-Cookie_ x.txt"),
            ("..", "file"),
            ("", "file"),
            (".htaccess", "htaccess"),
            ("a\"b*c?.txt", "a_b_c_.txt"),
        ] {
            assert_eq!(clean(sent), kept, "{sent:?}");
        }
        let long = clean(&format!("{}.jpeg", "ä".repeat(400)));
        assert!(long.chars().count() == LONGEST && long.ends_with("ä.jpeg"), "{long}");
    }
}
