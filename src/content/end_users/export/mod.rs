//! The copy of all that is kept about somebody (S159): a ZIP with JSON and CSV for each kind of record, a manifest and
//! an explanation in plain words.
//!
//! It is read in one snapshot of the database and written as it is read, batch by batch, so that it takes little
//! memory however much there is. Whoever takes nothing of it for a while is cut off, so that no reader holds a snapshot of
//! the database for ever. What it says of third persons is decided here: the facts of a claim and the
//! person's own entry are in it, of other people only what they are in the claim; a text that names one of them is left
//! out, and so is the full number of a loan. The manifest counts what was left out and says why.

mod manifest;
mod sheets;

use actix_web::web::Bytes;
use diesel_async::AsyncConnection as _;
use futures_util::{Stream, stream};
use tokio::sync::mpsc;

use super::{Act, Identifier};
use crate::platform::app::App;
use crate::platform::archive::{self, Piece};
use crate::platform::error::AppError;

use sheets::Snapshot;

/// Notes in the audit log that a copy is made, and begins to write it. The stream ends with an error
/// where the copy is not whole.
///
/// # Errors
/// What the database says.
pub(super) async fn begin(
    app: &App,
    act: Act,
    who: Identifier,
) -> Result<impl Stream<Item = std::io::Result<Bytes>> + use<>, AppError> {
    let turn = app.turns.end_user_copies.clone().acquire_owned().await.map_err(anyhow::Error::from)?;
    let mut conn = app.db.get().await?;
    conn.transaction(async |conn| act.note(conn, "end_user.exported", who.kind).await).await?;
    let (pieces, packed) = archive::begin(act.now, app.config.reader_patience);
    let app = app.clone();
    actix_web::rt::spawn(async move {
        let _turn = turn;
        let sink = Sink(pieces);
        let written = conn
            .build_transaction()
            .read_only()
            .repeatable_read()
            .run(async |conn| {
                let snapshot = Snapshot { app: &app, act: &act, who: &who, sink: &sink };
                snapshot.write(conn).await
            })
            .await;
        // Whoever is slow with the last bytes holds no connection for it.
        drop(conn);
        match written {
            Ok(()) => drop(sink.send(Piece::End).await),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "an export was not finished"),
        }
    });
    Ok(stream::unfold(packed, async |mut packed| packed.next().await.map(|bytes| (bytes, packed))))
}

/// Where the pieces of the archive go.
pub(super) struct Sink(mpsc::Sender<Piece>);

impl Sink {
    /// Hands a piece on.
    ///
    /// # Errors
    /// Nobody takes it any more.
    async fn send(&self, piece: Piece) -> anyhow::Result<()> {
        self.0.send(piece).await.map_err(|_| anyhow::anyhow!("nobody takes the export"))
    }
}

/// What the file is called; never whose it is.
pub(super) fn file_name(act: &Act) -> String {
    format!("end-user-{}.zip", act.now.format("%Y%m%d-%H%M%S"))
}
