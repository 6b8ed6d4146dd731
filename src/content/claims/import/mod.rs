//! Many claims at once, out of a file that is read as it arrives: cut into batches, each read and laid out beside the
//! one that Postgres is storing, so that memory stays the same however long the file is.
//!
//! Everything or nothing: one transaction, so a crash leaves nothing, and a file that a program sends has an end in time
//! (`PORTAL_IMPORT_PATIENCE_SECONDS`), so that it is not open for as long as somebody likes. What is valid: a transaction for each batch, which
//! also notes how far the file came; the same file with the same key goes on after the last one. Where claims are switched
//! off meanwhile (S103), the first is stored whole before the decision, which waits for it, and the second stops at the
//! batch that would come after the decision. In both a line that is
//! wrong is told with its number and its field, and never with what it says.

pub mod api;
mod prepare;
mod queries;
mod reader;
mod records;
mod state;

pub use prepare::LineError;
pub use records::Format;
pub use state::ImportSummary;

use actix_web::web::Bytes;
use chrono::{DateTime, Utc};
use diesel_async::{
    AnsiTransactionManager, AsyncConnection as _, AsyncPgConnection, TransactionManager as _,
};
use futures_util::Stream;
use utoipa::ToSchema;

use super::restrictions;
use crate::api::problem::Problem;
use crate::content::products::Product;
use crate::content::storage;
use crate::platform::app::App;
use crate::platform::audit::{self, Actor, Circumstances, Event};
use crate::platform::ids::AccountId;

use prepare::Prepared;
use reader::FileReader;
use state::State;

/// What becomes of a file in which a line is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "snake_case")]
pub enum Mode {
    /// Nothing of it is stored.
    AllOrNothing,
    /// What is right is stored.
    BestEffort,
}

impl Mode {
    /// As it is stored and named.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AllOrNothing => "all_or_nothing",
            Self::BestEffort => "best_effort",
        }
    }

    /// Reads a mode as it is stored and named.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::AllOrNothing, Self::BestEffort].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// What is to be imported, and for whom.
#[derive(Clone, Debug)]
pub struct Order {
    /// Into which account.
    pub account: AccountId,
    /// Who asks.
    pub actor: Actor,
    /// From where.
    pub from: Circumstances,
    /// By which the same file is known when it is sent again.
    pub key: Option<String>,
    /// What becomes of a file in which a line is wrong.
    pub mode: Mode,
    /// In which form it is.
    pub format: Format,
}

/// Imports a file. `seen` is told after each batch how many lines are done.
///
/// # Errors
/// 409 where another import into the account is under way, the account stores no claims, or the key belongs to another
/// file; 422 for a header
/// that we do not know; 429 where this process has its hands full; and what the source says.
pub async fn run<S>(app: &App, order: &Order, source: S, seen: impl Fn(u64)) -> Result<ImportSummary, Problem>
where
    S: Stream<Item = Result<Bytes, Problem>> + Unpin,
{
    let _turn = app.turns.imports.try_acquire().map_err(|_| {
        let problem =
            Problem::too_many_requests().because("Several imports are under way. Try again in a minute.");
        problem.with_header("retry-after", "60")
    })?;
    // A connection of its own: when this ends early in any way it closes, and what was not committed is gone.
    let mut conn = app.db.connect().await?;
    if !queries::take_turn(&mut conn, order.account).await? {
        let problem = Problem::conflict().because("Another import into this account is under way.");
        return Err(problem.with_header("retry-after", "30"));
    }
    let known = match &order.key {
        Some(key) => queries::known(&mut conn, order.account, key).await?,
        None => None,
    };
    let begun = known.as_ref().map(State::of).transpose()?;
    if let Some(known) = &known
        && (known.format != order.format.as_str() || known.mode != order.mode.as_str())
    {
        let detail = "This key belongs to an import in another format or mode.";
        return Err(Problem::key_reused().because(detail));
    }
    let (skip, digest) = begun.as_ref().map_or((0, Vec::new()), |state| (state.lines, state.digest.clone()));
    let reader = FileReader::new(app, order, source, skip, digest);
    let ended = known.and_then(|known| known.outcome.zip(known.finished_at));
    match (begun, ended) {
        (Some(state), Some((outcome, at))) => again(reader, state, &outcome, at).await,
        (begun, _) => Importer { app, order, conn, is_new: begun.is_none(), seen }.run(reader, begun).await,
    }
}

/// What was answered before, if it is the same file.
async fn again<S>(
    mut reader: FileReader<S>,
    state: State,
    outcome: &str,
    at: DateTime<Utc>,
) -> Result<ImportSummary, Problem>
where
    S: Stream<Item = Result<Bytes, Problem>> + Unpin,
{
    while let Some(batch) = reader.next().await? {
        if batch.lines > state.lines {
            return Err(prepare::another_file());
        }
    }
    Ok(state.summary(outcome, at, true))
}

struct Importer<'a, F> {
    app: &'a App,
    order: &'a Order,
    conn: AsyncPgConnection,
    is_new: bool,
    seen: F,
}

impl<F: Fn(u64)> Importer<'_, F> {
    async fn run<S>(
        mut self,
        mut reader: FileReader<S>,
        begun: Option<State>,
    ) -> Result<ImportSummary, Problem>
    where
        S: Stream<Item = Result<Bytes, Problem>> + Unpin,
    {
        let mut state = begun.unwrap_or_else(|| State::new(self.app.clock.now()));
        // The first batch before anything is written: a header that is wrong leaves nothing.
        let mut next = reader.next().await?;
        AnsiTransactionManager::begin_transaction(&mut self.conn).await?;
        must_be_stored(&mut self.conn, self.order.account, self.app.clock.now()).await?;
        if self.is_new {
            queries::begin(&mut self.conn, self.order, &state).await?;
        }
        if self.order.mode == Mode::BestEffort {
            AnsiTransactionManager::commit_transaction(&mut self.conn).await?;
        }
        while let Some(batch) = next {
            if batch.lines <= state.lines {
                // Stored by an earlier request.
                next = reader.next().await?;
                continue;
            }
            let (stored, read) = tokio::join!(self.store(&mut state, batch), reader.next());
            stored?;
            (self.seen)(state.lines);
            next = read?;
        }
        self.end(state).await
    }

    /// Stores a batch: at once, or with all the others.
    async fn store(&mut self, state: &mut State, batch: Prepared) -> Result<(), Problem> {
        let (conn, account) = (&mut self.conn, self.order.account);
        if self.order.mode == Mode::AllOrNothing {
            return store(conn, account, state, batch).await;
        }
        AnsiTransactionManager::begin_transaction(conn).await?;
        let now = batch.now;
        must_be_stored(conn, account, now).await?;
        store(conn, account, state, batch).await?;
        restrictions::apply(conn, account).await?;
        queries::advance(conn, state, None, now).await?;
        Ok(AnsiTransactionManager::commit_transaction(conn).await?)
    }

    async fn end(mut self, state: State) -> Result<ImportSummary, Problem> {
        let now = self.app.clock.now();
        match self.order.mode {
            Mode::AllOrNothing if state.refused > 0 => self.refuse(state, now).await,
            Mode::AllOrNothing => {
                restrictions::apply(&mut self.conn, self.order.account).await?;
                self.finish(&state, "complete", now).await?;
                Ok(state.summary("complete", now, false))
            }
            Mode::BestEffort => {
                let outcome = if state.refused > 0 { "partial" } else { "complete" };
                AnsiTransactionManager::begin_transaction(&mut self.conn).await?;
                self.finish(&state, outcome, now).await?;
                Ok(state.summary(outcome, now, false))
            }
        }
    }

    /// Ends the import and its transaction.
    async fn finish(&mut self, state: &State, outcome: &str, now: DateTime<Utc>) -> Result<(), Problem> {
        let conn = &mut self.conn;
        queries::advance(conn, state, Some(outcome), now).await?;
        let (actor, account, from) = (self.order.actor, self.order.account.0, &self.order.from);
        let event = Event::new(actor, "account", account, "claims.imported", from);
        audit::append(conn, now, event).await?;
        Ok(AnsiTransactionManager::commit_transaction(conn).await?)
    }

    /// Leaves nothing of the file but what is wrong with it. Its key is free again, for the file once it is mended.
    async fn refuse(mut self, mut state: State, now: DateTime<Utc>) -> Result<ImportSummary, Problem> {
        let conn = &mut self.conn;
        AnsiTransactionManager::rollback_transaction(conn).await?;
        state.imported = 0;
        let order = Order { key: None, ..self.order.clone() };
        conn.transaction(async |conn| {
            queries::begin(conn, &order, &state).await?;
            queries::advance(conn, &state, Some("refused"), now).await
        })
        .await?;
        Ok(state.summary("refused", now, false))
    }
}

/// Refuses where the account stores no claims; where it does, it goes on to until the transaction ends.
async fn must_be_stored(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    storage::must_store(&storage::hold(conn, account, now).await?, Product::Claims)
}

/// Stores a batch and notes what became of it.
async fn store(
    conn: &mut AsyncPgConnection,
    account: AccountId,
    state: &mut State,
    batch: Prepared,
) -> Result<(), Problem> {
    let taken = queries::store(conn, account, &batch.rows, batch.now).await?;
    state.imported += (batch.rows.ids.len() - taken.len()) as u64;
    state.refused += batch.refused + taken.len() as u64;
    (state.lines, state.digest) = (batch.lines, batch.digest);
    let taken = taken.into_iter().map(|line| LineError {
        line,
        pointer: "/claim_number".into(),
        detail: "A claim of this insurer with this number is stored already, or stands earlier in the file."
            .into(),
    });
    let mut errors: Vec<LineError> = batch.errors.into_iter().chain(taken).collect();
    errors.sort_by_key(|error| error.line);
    state.note(errors);
    Ok(())
}
