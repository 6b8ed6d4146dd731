//! Between programs that block and a storage that does not: bytes in chunks, with little in memory at a time.

use std::io::{self, Read, Write};
use std::mem::take;

use actix_web::web::{Buf as _, Bytes};
use tokio::sync::mpsc;

/// Bytes that are handed on at a time.
const CHUNK: usize = 64 * 1024;
/// Chunks that wait for the other side.
pub(super) const WAITING: usize = 8;

/// Hands on what is written to it.
pub(super) struct Writer {
    to: mpsc::Sender<Bytes>,
    kept: Vec<u8>,
}

impl Writer {
    pub(super) fn new(to: mpsc::Sender<Bytes>) -> Self {
        Self { to, kept: Vec::with_capacity(CHUNK) }
    }
}

impl Write for Writer {
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
        self.to.blocking_send(chunk).map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))
    }
}

/// Reads what is handed to it.
pub(super) struct Reader {
    from: mpsc::Receiver<io::Result<Bytes>>,
    chunk: Bytes,
}

impl Reader {
    pub(super) fn new(from: mpsc::Receiver<io::Result<Bytes>>) -> Self {
        Self { from, chunk: Bytes::new() }
    }
}

impl Read for Reader {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.chunk.is_empty() {
            match self.from.blocking_recv() {
                Some(chunk) => self.chunk = chunk?,
                None => return Ok(0),
            }
        }
        let length = into.len().min(self.chunk.len());
        self.chunk.copy_to_slice(&mut into[..length]);
        Ok(length)
    }
}
