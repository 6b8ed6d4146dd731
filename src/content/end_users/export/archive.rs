//! The ZIP itself: compressed on a thread of its own, from pieces that others read.

use std::io::{self, Write};
use std::mem::take;

use actix_web::web::Bytes;
use tokio::sync::mpsc;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Bytes that leave at a time.
const CHUNK: usize = 32 * 1024;

/// A piece of the archive.
pub(super) enum Piece {
    /// A file of this name begins.
    File(String),
    /// It goes on.
    Text(Vec<u8>),
    /// The archive is whole.
    End,
}

/// Writes an archive of pieces until it is whole. Where the pieces stop before, or nobody takes the bytes, the
/// archive ends with an error.
pub(super) fn write(mut pieces: mpsc::Receiver<Piece>, bytes: &mpsc::Sender<io::Result<Bytes>>) {
    if let Err(error) = try_write(&mut pieces, bytes) {
        let _ = bytes.blocking_send(Err(error));
    }
}

fn try_write(pieces: &mut mpsc::Receiver<Piece>, bytes: &mpsc::Sender<io::Result<Bytes>>) -> io::Result<()> {
    let mut zip = ZipWriter::new_stream(Chunks { bytes, kept: Vec::with_capacity(CHUNK) });
    let options = SimpleFileOptions::default();
    loop {
        match pieces.blocking_recv() {
            Some(Piece::File(name)) => zip.start_file(name, options)?,
            Some(Piece::Text(text)) => zip.write_all(&text)?,
            Some(Piece::End) => break,
            None => return Err(io::Error::other("the export was cut short")),
        }
    }
    zip.finish()?.into_inner().flush()
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
