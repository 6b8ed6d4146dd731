//! The kinds of files that are taken, and how each is known.

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A document.
    Pdf,
    /// A picture.
    Png,
    /// A photograph.
    Jpeg,
    /// A picture.
    WebP,
    /// Plain text in UTF-8.
    Text,
}

/// Bytes from the beginning of a file by which its kind is found.
pub const HEAD: usize = 8 * 1024;

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 5] = [Self::Pdf, Self::Png, Self::Jpeg, Self::WebP, Self::Text];

    /// As it is stored, and as it is handed out.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Pdf => "application/pdf",
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::WebP => "image/webp",
            Self::Text => "text/plain",
        }
    }

    /// The endings of a name that say so.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Pdf => &["pdf"],
            Self::Png => &["png"],
            Self::Jpeg => &["jpg", "jpeg"],
            Self::WebP => &["webp"],
            Self::Text => &["txt"],
        }
    }

    /// For people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Pdf => "a PDF",
            Self::Png => "a PNG picture",
            Self::Jpeg => "a JPEG picture",
            Self::WebP => "a WebP picture",
            Self::Text => "plain text",
        }
    }

    /// The kind of a media type.
    pub fn parse(media_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.media_type() == media_type)
    }

    /// The kind of a file that begins like this; nothing where it is none of these. What nobody knows may be text, which
    /// only the rest of it shows.
    pub fn of(head: &[u8]) -> Option<Self> {
        match infer::get(head) {
            Some(known) => Self::parse(known.mime_type()),
            None => Some(Self::Text),
        }
    }

    /// Whether a name ends as this kind does.
    pub fn fits(self, name: &str) -> bool {
        name.rsplit_once('.').is_some_and(|(_, ending)| {
            self.endings().iter().any(|known| known.eq_ignore_ascii_case(ending.trim()))
        })
    }

    /// What a form tells the browser to offer.
    pub fn accepted() -> String {
        let endings = Self::ALL.into_iter().flat_map(Self::endings);
        endings.map(|ending| format!(".{ending}")).collect::<Vec<_>>().join(",")
    }
}

/// Looks whether bytes are text in UTF-8, as they come.
#[derive(Debug, Default)]
pub struct TextCheck {
    /// A character that is not whole yet.
    begun: Vec<u8>,
    wrong: bool,
}

impl TextCheck {
    /// Takes more.
    pub fn take(&mut self, bytes: &[u8]) {
        if self.wrong {
            return;
        }
        let all = if self.begun.is_empty() {
            std::borrow::Cow::Borrowed(bytes)
        } else {
            std::borrow::Cow::Owned([&self.begun[..], bytes].concat())
        };
        let whole = match std::str::from_utf8(&all) {
            Ok(_) => all.len(),
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => {
                self.wrong = true;
                return;
            }
        };
        let text = std::str::from_utf8(&all[..whole]).unwrap_or_default();
        self.wrong = text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t' | '\u{c}'));
        self.begun = all[whole..].to_vec();
    }

    /// Whether all of it was text, if nothing more comes.
    pub fn holds(&self) -> bool {
        !self.wrong && self.begun.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_is_found_in_the_content_and_agrees_with_the_ending() {
        for (head, kind, name) in [
            (&b"%PDF-1.7\n%\xE2\xE3\xCF\xD3"[..], Some(Kind::Pdf), "Scan.PDF"),
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some(Kind::Png), "a.png"),
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF", Some(Kind::Jpeg), "a.b.jpeg"),
            (b"RIFF\x10\0\0\0WEBPVP8 ", Some(Kind::WebP), "a.webp"),
            (b"Dear all", Some(Kind::Text), "a.txt"),
            (b"<!DOCTYPE html><title>x</title>", None, "a.txt"),
            (b"#!/bin/sh\nls", None, "a.txt"),
            (b"PK\x03\x04\x14\0\x06\0[Content_Types].xml", None, "a.docx"),
            (b"MZ\x90\0\x03\0\0\0\x04\0\0\0\xFF\xFF", None, "a.pdf"),
        ] {
            assert_eq!(Kind::of(head), kind, "{name}");
            assert!(kind.is_none_or(|kind| kind.fits(name)), "{name}");
        }
        for name in ["pdf", "a.pdf.exe", "a.txt", ""] {
            assert!(!Kind::Pdf.fits(name), "{name}");
        }
    }

    #[test]
    fn text_is_text_wherever_it_is_cut() {
        let text = "Grüße aus München, 12 €\r\n".as_bytes();
        for at in 0..text.len() {
            let mut check = TextCheck::default();
            check.take(&text[..at]);
            check.take(&text[at..]);
            assert!(check.holds(), "cut at {at}");
        }
        for wrong in [&b"a\0b"[..], b"\xFF\xFEa\0", b"half \xC3", b"\x1b[31m", b"\xC3("] {
            let mut check = TextCheck::default();
            check.take(wrong);
            assert!(!check.holds(), "{wrong:?}");
        }
    }
}
