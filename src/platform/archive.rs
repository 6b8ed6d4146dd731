//! A ZIP that is written while it is made: pieces go in, bytes come out, and little is kept in memory however much
//! there is. The compressing has a thread of its own.

use std::io::{self, Write};
use std::mem::take;

use actix_web::web::Bytes;
use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use tokio::sync::mpsc;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Bytes that leave at a time.
const CHUNK: usize = 64 * 1024;
/// Pieces and chunks that wait for each other.
const WAITING: usize = 8;

/// A piece of an archive.
pub enum Piece {
    /// A file of this name begins.
    File(String),
    /// It goes on.
    Text(Vec<u8>),
    /// The archive is whole.
    End,
}

/// Begins an archive whose files are of this moment: where its pieces go, and where its bytes come out. Where the pieces
/// stop before the end, or nobody takes the bytes, the archive ends with an error.
pub fn begin(at: DateTime<Utc>) -> (mpsc::Sender<Piece>, mpsc::Receiver<io::Result<Bytes>>) {
    let (pieces, taken) = mpsc::channel(WAITING);
    let (bytes, received) = mpsc::channel(WAITING);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = write(taken, &bytes, at) {
            let _ = bytes.blocking_send(Err(error));
        }
    });
    (pieces, received)
}

fn write(
    mut pieces: mpsc::Receiver<Piece>,
    bytes: &mpsc::Sender<io::Result<Bytes>>,
    at: DateTime<Utc>,
) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(Chunks { bytes, kept: Vec::with_capacity(CHUNK) });
    // Files of more than 4 GiB need the long form, and how long one becomes is not known when it begins.
    let options = SimpleFileOptions::default().large_file(true).last_modified_time(stamp(at));
    loop {
        match pieces.blocking_recv() {
            Some(Piece::File(name)) => zip.start_file(name, options)?,
            Some(Piece::Text(text)) => zip.write_all(&text)?,
            Some(Piece::End) => break,
            None => return Err(io::Error::other("the archive was cut short")),
        }
    }
    zip.finish()?.into_inner().flush()
}

/// A moment as ZIP keeps it, to two seconds and without a zone; outside of what it can say, its earliest.
fn stamp(at: DateTime<Utc>) -> zip::DateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let stamp = u16::try_from(at.year()).ok().and_then(|year| {
        let (month, day) = (small(at.month()), small(at.day()));
        let (hour, minute, second) = (small(at.hour()), small(at.minute()), small(at.second()));
        zip::DateTime::from_date_and_time(year, month, day, hour, minute, second).ok()
    });
    stamp.unwrap_or_default()
}

/// Collects what is written into chunks.
struct Chunks<'a> {
    bytes: &'a mpsc::Sender<io::Result<Bytes>>,
    kept: Vec<u8>,
}

impl Write for Chunks<'_> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.kept.extend_from_slice(data);
        if self.kept.len() >= CHUNK {
            self.flush()?;
        }
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.kept.is_empty() {
            return Ok(());
        }
        let chunk = Bytes::from(take(&mut self.kept));
        self.bytes.blocking_send(Ok(chunk)).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}
