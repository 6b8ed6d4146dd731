//! Mail merge: a text that goes to many, of which only a few lines differ.
//!
//! The lines that are the same for everybody are encoded for their travel once (quoted-printable, RFC 2045, where each line
//! stands for itself), and those that differ for each reader: of a mailing to a hundred thousand they are all that is left
//! to do.

use lettre::message::Body;
use lettre::message::header::ContentTransferEncoding::QuotedPrintable;

/// Stands on both sides of a field's name. A control character: whoever writes the text cannot be allowed to type it.
pub const MARK: char = '\u{1}';

/// A part of a mail to many, with the names of fields between [`MARK`]s where readers get something of their own. A field
/// begins and ends on the same line.
#[derive(Clone, Debug)]
pub struct Part {
    text: String,
    pieces: Vec<Piece>,
    /// Bytes of what is the same for everybody.
    size: usize,
}

#[derive(Clone, Debug)]
enum Piece {
    /// Lines without fields, encoded.
    Same(Vec<u8>),
    /// A line with fields.
    Differs(String),
}

/// A part as one reader gets it, encoded.
#[derive(Clone, Debug)]
pub struct Encoded {
    pub(super) bytes: Vec<u8>,
    /// What this reader has of their own: the lines that differ, as they read.
    pub(super) own: String,
}

impl Part {
    /// Encodes what is the same for everybody.
    pub fn new(text: String) -> Self {
        let mut pieces = Vec::new();
        let mut same = String::new();
        for line in text.split_inclusive('\n') {
            if line.contains(MARK) {
                flush(&mut same, &mut pieces);
                pieces.push(Piece::Differs(line.to_owned()));
            } else {
                same.push_str(line);
            }
        }
        flush(&mut same, &mut pieces);
        let sizes = pieces.iter().map(|piece| match piece {
            Piece::Same(bytes) => bytes.len(),
            Piece::Differs(line) => line.len(),
        });
        Self { size: sizes.sum(), text, pieces }
    }

    /// The part as a reader reads it. `value` answers what stands for a field.
    pub fn write<'a>(&self, value: impl Fn(&str) -> &'a str) -> String {
        let mut written = String::with_capacity(self.text.len() + 512);
        fill(&self.text, &mut written, &value);
        written
    }

    /// The part as it travels to a reader. `value` answers what stands for a field.
    pub fn encode<'a>(&self, value: impl Fn(&str) -> &'a str) -> Encoded {
        let mut bytes = Vec::with_capacity(self.size + 1024);
        let mut own = String::with_capacity(1024);
        for piece in &self.pieces {
            match piece {
                Piece::Same(encoded) => bytes.extend_from_slice(encoded),
                Piece::Differs(line) => {
                    let from = own.len();
                    fill(line, &mut own, &value);
                    bytes.append(&mut quoted(own[from..].to_owned()));
                }
            }
        }
        Encoded { bytes, own }
    }
}

fn flush(same: &mut String, pieces: &mut Vec<Piece>) {
    if !same.is_empty() {
        pieces.push(Piece::Same(quoted(std::mem::take(same))));
    }
}

fn fill<'a>(text: &str, filled: &mut String, value: impl Fn(&str) -> &'a str) {
    for (index, piece) in text.split(MARK).enumerate() {
        filled.push_str(if index % 2 == 1 { value(piece) } else { piece });
    }
}

/// Lines in quoted-printable, with the ends of lines that mail has.
fn quoted(lines: String) -> Vec<u8> {
    Body::new_with_encoding(lines, QuotedPrintable).map_or_else(|lines| lines, Body::into_vec)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(field: &str) -> &'static str {
        match field {
            "NAME" => "Zoë = \"Ada\" Lovelace",
            "LINK" => {
                "https://portal.test/preferences/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
            }
            "LINES" => "one \ntwo\t\nthree",
            _ => "",
        }
    }

    #[test]
    fn lines_that_were_encoded_before_are_those_of_a_mail_that_is_encoded_whole() {
        let long = "x ".repeat(200);
        for text in [
            "",
            "\n",
            "Dear \u{1}NAME\u{1},\n\nnews.\n",
            "same\nsame again \n\u{1}LINK\u{1}\nlast without an end",
            "\u{1}NAME\u{1}\u{1}LINK\u{1}",
            "a line that ends in a space \n\u{1}NAME\u{1} \n\t\n.\n..\n=\n",
            "Grüße · \u{1}LINES\u{1} · Grüße\r\nby hand\r\n",
            &format!("{long}\n\u{1}LINK\u{1} {long} \u{1}LINK\u{1}\n{long}"),
            &format!("{}\u{1}NAME\u{1}{}", "ä".repeat(40), "=".repeat(90)),
        ] {
            let part = Part::new(text.to_owned());
            let written = part.write(value);
            assert!(!written.contains(MARK), "{written:?}");
            let encoded = part.encode(value);
            assert_eq!(
                String::from_utf8(encoded.bytes),
                String::from_utf8(quoted(written)),
                "{text:?} is encoded as the library does it"
            );
        }
    }

    #[test]
    fn what_a_reader_has_of_their_own_is_told_as_it_reads() {
        let part = Part::new("the same\nsee \u{1}LINK\u{1}\nthe same\n".to_owned());
        assert_eq!(part.encode(value).own, format!("see {}\n", value("LINK")));
        assert_eq!(Part::new("the same".to_owned()).encode(value).own, "");
    }
}
