//! Reads a file as it arrives, batch by batch.

use actix_web::web::Bytes;
use futures_util::{Stream, StreamExt as _};

use super::Order;
use super::prepare::{Prepared, Preparer};
use super::records::{Batch, Cutter};
use crate::api::problem::Problem;
use crate::platform::app::App;

/// Reads a file batch by batch.
pub(super) struct FileReader<S> {
    source: S,
    cutter: Cutter,
    /// Away while it works.
    preparer: Option<Preparer>,
    is_at_end: bool,
}

impl<S: Stream<Item = Result<Bytes, Problem>> + Unpin> FileReader<S> {
    pub fn new(app: &App, order: &Order, source: S, skip: u64, digest: Vec<u8>) -> Self {
        let preparer = Preparer::new(app.clone(), order.account, order.format, skip, digest);
        Self { source, cutter: Cutter::new(order.format), preparer: Some(preparer), is_at_end: false }
    }

    /// The next batch, ready to be stored; nothing at the end of the file.
    pub async fn next(&mut self) -> Result<Option<Prepared>, Problem> {
        let mut batch = Batch::default();
        while !self.is_at_end && !batch.is_full() {
            match self.source.next().await {
                Some(bytes) => self.cutter.cut(&bytes?, &mut batch),
                None => {
                    self.is_at_end = true;
                    self.cutter.end(&mut batch);
                }
            }
        }
        let mut preparer = self.preparer.take().expect("back after each batch");
        if batch.is_empty() {
            preparer.end()?;
            self.preparer = Some(preparer);
            return Ok(None);
        }
        let work = move || (preparer.prepare(&batch), preparer);
        let (prepared, preparer) = tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?;
        self.preparer = Some(preparer);
        prepared.map(Some)
    }
}
