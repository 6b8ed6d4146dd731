//! Cuts a stream of bytes into records, and records into batches. Nothing is held but the batch that is filling.

use csv_core::{ReadRecordResult, Reader};
use utoipa::ToSchema;

/// Longest record in bytes.
pub(super) const LONGEST: usize = 256 * 1024;
/// Most records of a batch.
const MOST: usize = 5_000;
/// From so many bytes on, a batch is full.
const FULL: usize = 4 * 1024 * 1024;
/// Most cells of a line of CSV.
const MOST_CELLS: usize = 64;

/// In which form a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Format {
    /// A line of JSON for each claim.
    Ndjson,
    /// Comma-separated, with a header.
    Csv,
}

impl Format {
    /// As it is stored and named.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }

    /// Reads a format as it is stored and named.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Ndjson, Self::Csv].into_iter().find(|format| format.as_str() == text)
    }
}

/// One record of a batch.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Where its bytes end in the batch; they begin where those of the one before end.
    end: usize,
    /// For CSV, where its cells end within its bytes.
    pub cells: Vec<usize>,
    /// Whether it was too long or had too many cells, and is not here as a whole.
    pub is_cut: bool,
}

/// Records that are worked on together.
#[derive(Debug, Default)]
pub(super) struct Batch {
    bytes: Vec<u8>,
    records: Vec<Record>,
}

impl Batch {
    /// Whether no more should come.
    pub fn is_full(&self) -> bool {
        self.records.len() >= MOST || self.bytes.len() >= FULL
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// Each record with its bytes.
    pub fn records(&self) -> impl Iterator<Item = (&Record, &[u8])> {
        let mut begin = 0;
        self.records.iter().map(move |record| {
            let bytes = &self.bytes[begin..record.end];
            begin = record.end;
            (record, bytes)
        })
    }

    fn add(&mut self, line: u64, bytes: &[u8], cells: &[usize], is_cut: bool) {
        self.bytes.extend_from_slice(bytes);
        self.records.push(Record { line, end: self.bytes.len(), cells: cells.to_vec(), is_cut });
    }
}

/// Cuts bytes into records.
pub(super) struct Cutter {
    line: u64,
    form: Form,
}

enum Form {
    Ndjson { begun: Vec<u8>, is_cut: bool },
    Csv(Box<Csv>),
}

struct Csv {
    reader: Reader,
    bytes: Vec<u8>,
    cells: [usize; MOST_CELLS],
    filled: usize,
    cells_filled: usize,
    begun_on: Option<u64>,
    is_cut: bool,
}

impl Cutter {
    /// For a file of this form, from its beginning.
    pub fn new(format: Format) -> Self {
        let form = match format {
            Format::Ndjson => Form::Ndjson { begun: Vec::new(), is_cut: false },
            Format::Csv => Form::Csv(Box::new(Csv {
                reader: Reader::new(),
                bytes: vec![0; LONGEST],
                cells: [0; MOST_CELLS],
                filled: 0,
                cells_filled: 0,
                begun_on: None,
                is_cut: false,
            })),
        };
        Self { line: 1, form }
    }

    /// Adds every record that ends in these bytes.
    pub fn cut(&mut self, bytes: &[u8], batch: &mut Batch) {
        match &mut self.form {
            Form::Ndjson { begun, is_cut } => {
                let mut lines = bytes.split(|byte| *byte == b'\n').peekable();
                while let Some(piece) = lines.next() {
                    let room = LONGEST - begun.len();
                    *is_cut |= piece.len() > room;
                    begun.extend_from_slice(&piece[..piece.len().min(room)]);
                    if lines.peek().is_some() {
                        end_line(self.line, begun, is_cut, batch);
                        self.line += 1;
                    }
                }
            }
            Form::Csv(csv) => csv.cut(bytes, &mut self.line, batch),
        }
    }

    /// Adds what stands after the last line break.
    pub fn end(&mut self, batch: &mut Batch) {
        match &mut self.form {
            Form::Ndjson { begun, is_cut } => end_line(self.line, begun, is_cut, batch),
            Form::Csv(csv) if csv.begun_on.is_some() => csv.read(&[], self.line, batch, &mut 0),
            Form::Csv(_) => {}
        }
    }
}

/// An empty line is no record.
fn end_line(line: u64, begun: &mut Vec<u8>, is_cut: &mut bool, batch: &mut Batch) {
    if begun.iter().any(|byte| !byte.is_ascii_whitespace()) {
        batch.add(line, begun, &[], *is_cut);
    }
    begun.clear();
    *is_cut = false;
}

impl Csv {
    fn cut(&mut self, bytes: &[u8], line: &mut u64, batch: &mut Batch) {
        let mut rest = bytes;
        while let Some(first) = rest.first() {
            if self.begun_on.is_none() && matches!(first, b'\r' | b'\n') {
                *line += u64::from(*first == b'\n');
                rest = &rest[1..];
                continue;
            }
            self.begun_on.get_or_insert(*line);
            let mut read = 0;
            self.read(rest, *line, batch, &mut read);
            *line += rest[..read].iter().filter(|byte| **byte == b'\n').count() as u64;
            rest = &rest[read..];
        }
    }

    /// Reads up to the end of a record or of the input; no input ends the file.
    fn read(&mut self, input: &[u8], line: u64, batch: &mut Batch, read: &mut usize) {
        loop {
            let (result, taken, written, ended) = self.reader.read_record(
                &input[*read..],
                &mut self.bytes[self.filled..],
                &mut self.cells[self.cells_filled..],
            );
            *read += taken;
            self.filled += written;
            self.cells_filled += ended;
            match result {
                ReadRecordResult::InputEmpty if !input.is_empty() => return,
                // Once more without input says that the file has ended.
                ReadRecordResult::InputEmpty => {}
                // What is too long is read on and let go.
                ReadRecordResult::OutputFull => (self.filled, self.is_cut) = (0, true),
                ReadRecordResult::OutputEndsFull => (self.cells_filled, self.is_cut) = (0, true),
                ReadRecordResult::Record => {
                    let (bytes, cells) = if self.is_cut {
                        (&[][..], &[][..])
                    } else {
                        (&self.bytes[..self.filled], &self.cells[..self.cells_filled])
                    };
                    batch.add(self.begun_on.unwrap_or(line), bytes, cells, self.is_cut);
                    return self.begin();
                }
                ReadRecordResult::End => return self.begin(),
            }
        }
    }

    fn begin(&mut self) {
        (self.filled, self.cells_filled, self.begun_on, self.is_cut) = (0, 0, None, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lines and texts of all records, however the bytes arrive.
    fn records(format: Format, text: &[u8], step: usize) -> Vec<(u64, String, bool)> {
        let (mut cutter, mut batch) = (Cutter::new(format), Batch::default());
        for chunk in text.chunks(step) {
            cutter.cut(chunk, &mut batch);
        }
        cutter.end(&mut batch);
        let text = |(record, bytes): (&Record, &[u8])| {
            let mut text = String::from_utf8_lossy(bytes).into_owned();
            for end in record.cells.iter().rev() {
                text.insert(*end, '|');
            }
            (record.line, text, record.is_cut)
        };
        batch.records().map(text).collect()
    }

    #[test]
    fn lines_are_cut_wherever_the_bytes_break() {
        for step in [1, 2, 3, 100] {
            let found = records(Format::Ndjson, b"{\"a\":1}\n\n  \n{}\r\n[1]", step);
            let expected = [(1, "{\"a\":1}"), (4, "{}\r"), (5, "[1]")];
            assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned(), false)), "{step}");
        }
    }

    #[test]
    fn lines_of_csv_are_cut_wherever_the_bytes_break() {
        let text = b"a,b\r\n\"x\ny\",\"q\"\"q\"\r\n\r\n1,\n2,3";
        for step in [1, 2, 3, 100] {
            let found = records(Format::Csv, text, step);
            let expected = [(1, "a|b|"), (2, "x\ny|q\"q|"), (5, "1||"), (6, "2|3|")];
            assert_eq!(found, expected.map(|(line, text)| (line, text.to_owned(), false)), "{step}");
        }
    }

    #[test]
    fn what_is_too_long_is_let_go_and_the_next_is_whole() {
        for format in [Format::Ndjson, Format::Csv] {
            let text = format!("{}\nok\n", "x".repeat(LONGEST + 1));
            let found = records(format, text.as_bytes(), 1000);
            assert_eq!(found.len(), 2);
            assert_eq!((found[0].0, found[0].2), (1, true));
            assert_eq!((found[1].0, found[1].1.trim_end_matches('|'), found[1].2), (2, "ok", false));
        }
        let found = records(Format::Csv, format!("{}\nok", ",".repeat(100)).as_bytes(), 7);
        assert_eq!((found[0].2, found[1].1.as_str()), (true, "ok|"));
    }
}
