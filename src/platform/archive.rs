//! A ZIP that is written while it is made: pieces go in, bytes come out, and little is kept in memory however much
//! there is. What has come is compressed on threads that stand back behind those that serve pages, and nothing waits
//! there: where nobody takes the bytes, it is this that waits, and only for as long as its maker has patience.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use actix_web::web::Bytes;
use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use tokio::sync::{mpsc, oneshot};
use zip::ZipWriter;
use zip::write::{SimpleFileOptions, StreamWriter};

use super::background;

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

/// The bytes of an archive as they come.
pub struct Packed {
    chunks: mpsc::Receiver<Bytes>,
    ended: oneshot::Receiver<io::Result<()>>,
    is_over: bool,
}

impl Packed {
    /// The next bytes, up to 64 KiB; nothing after the last.
    ///
    /// # Errors
    /// The archive is not whole: its pieces stopped before the end, or its bytes were not taken in time.
    pub async fn next(&mut self) -> Option<io::Result<Bytes>> {
        if let Some(chunk) = self.chunks.recv().await {
            return Some(Ok(chunk));
        }
        if std::mem::replace(&mut self.is_over, true) {
            return None;
        }
        match (&mut self.ended).await {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(Err(error)),
            Err(_) => Some(Err(cut_short())),
        }
    }
}

/// Begins an archive whose files are of this moment: where its pieces go, and where its bytes come out. Where the
/// pieces stop before the end, or nobody takes bytes for as long as `patience`, it ends with an error on both sides.
pub fn begin(at: DateTime<Utc>, patience: Duration) -> (mpsc::Sender<Piece>, Packed) {
    let (pieces, taken) = mpsc::channel(WAITING);
    let (bytes, chunks) = mpsc::channel(WAITING);
    let (end, ended) = oneshot::channel();
    background::spawn(async move {
        let written = write(taken, bytes, Packer::new(at), patience).await;
        // Nobody hears it who has gone.
        drop(end.send(written));
    });
    (pieces, Packed { chunks, ended, is_over: false })
}

async fn write(
    mut pieces: mpsc::Receiver<Piece>,
    chunks: mpsc::Sender<Bytes>,
    mut packer: Packer,
    patience: Duration,
) -> io::Result<()> {
    let mut come = Vec::new();
    loop {
        if pieces.recv_many(&mut come, WAITING).await == 0 {
            return Err(cut_short());
        }
        let taken = std::mem::take(&mut come);
        let packing = tokio::task::spawn_blocking(move || packer.take(taken).map(|packed| (packer, packed)));
        let (rest, mut packed) = packing.await.map_err(io::Error::other)??;
        packer = rest;
        while !packed.is_empty() {
            let chunk = packed.split_to(packed.len().min(CHUNK));
            let sent = chunks.send_timeout(chunk, patience).await;
            sent.map_err(|_| io::Error::new(io::ErrorKind::TimedOut, "nobody takes the archive"))?;
        }
        if packer.zip.is_none() {
            return Ok(());
        }
    }
}

fn cut_short() -> io::Error {
    io::Error::other("the archive was cut short")
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

/// Compresses piece by piece.
struct Packer {
    /// Nothing once the archive is whole.
    zip: Option<ZipWriter<StreamWriter<Out>>>,
    out: Out,
    options: SimpleFileOptions,
}

impl Packer {
    fn new(at: DateTime<Utc>) -> Self {
        // Files of more than 4 GiB need the long form, and how long one becomes is not known when it begins.
        let options = SimpleFileOptions::default().large_file(true).last_modified_time(stamp(at));
        let out = Out::default();
        Self { zip: Some(ZipWriter::new_stream(out.clone())), out, options }
    }

    /// Takes pieces. Answers what became whole chunks by them, and after the last piece all that is left.
    fn take(&mut self, pieces: Vec<Piece>) -> io::Result<Bytes> {
        for piece in pieces {
            let zip = self.zip.as_mut().ok_or_else(cut_short)?;
            match piece {
                Piece::File(name) => zip.start_file(name, self.options)?,
                Piece::Text(text) => zip.write_all(&text)?,
                Piece::End => {
                    self.zip.take().ok_or_else(cut_short)?.finish()?;
                }
            }
        }
        Ok(self.out.take(self.zip.is_none()))
    }
}

/// Where compressed bytes are put until they leave.
#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Out {
    fn take(&self, everything: bool) -> Bytes {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = if everything { kept.len() } else { kept.len() - kept.len() % CHUNK };
        Bytes::from(kept.drain(..whole).collect::<Vec<u8>>())
    }
}

impl Write for Out {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(bytes: usize) -> Vec<u8> {
        let mut state: u32 = 1;
        let next = |_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..bytes).map(next).collect()
    }

    async fn all(mut packed: Packed) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while let Some(chunk) = packed.next().await {
            bytes.extend_from_slice(&chunk?);
        }
        Ok(bytes)
    }

    #[tokio::test]
    async fn what_was_put_in_comes_out() {
        let (pieces, packed) = begin(DateTime::UNIX_EPOCH, Duration::from_secs(60));
        let text = noise(1_000_000);
        let putting = async {
            for piece in
                [Piece::File("a".into()), Piece::Text(text.clone()), Piece::File("b".into()), Piece::End]
            {
                assert!(pieces.send(piece).await.is_ok());
            }
        };
        let ((), bytes) = tokio::join!(putting, all(packed));
        let mut zip = zip::ZipArchive::new(io::Cursor::new(bytes.unwrap())).unwrap();
        let mut read = Vec::new();
        io::Read::read_to_end(&mut zip.by_name("a").unwrap(), &mut read).unwrap();
        assert!(read == text && zip.len() == 2);
    }

    #[tokio::test]
    async fn an_archive_whose_pieces_stop_is_an_error() {
        let (pieces, packed) = begin(DateTime::UNIX_EPOCH, Duration::from_secs(60));
        assert!(pieces.send(Piece::File("a".into())).await.is_ok());
        drop(pieces);
        assert!(all(packed).await.is_err());
    }

    #[tokio::test]
    async fn whoever_takes_nothing_ends_it_on_both_sides() {
        let (pieces, packed) = begin(DateTime::UNIX_EPOCH, Duration::from_millis(50));
        assert!(pieces.send(Piece::File("a".into())).await.is_ok());
        // More than all that waits on the way.
        let putting = async { while pieces.send(Piece::Text(noise(CHUNK))).await.is_ok() {} };
        tokio::time::timeout(Duration::from_secs(10), putting).await.expect("the pieces are refused");
        assert!(all(packed).await.is_err(), "what was taken late is not whole");
    }
}
