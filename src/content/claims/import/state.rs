//! How far an import is, and how it ended.

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use super::LineError;
use super::queries::Known;
use crate::platform::ids::ImportId;

/// Most errors that are kept of an import.
const MOST_ERRORS: usize = 1_000;

/// How an import ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportSummary {
    /// SID of the import.
    #[schema(value_type = String, example = "IM0192f0c1a2b37c4d8e9f00112233aabb", extensions(("x-data" = json!("imports.id"))))]
    pub sid: ImportId,
    /// `complete` if every line was stored, `partial` if some were refused, `refused` if nothing was stored because of them.
    #[schema(example = "partial", extensions(("x-data" = json!("imports.outcome"))))]
    pub outcome: String,
    /// Lines with a claim, empty ones and the header not counted.
    #[schema(example = 1000, extensions(("x-data" = json!("imports.lines_done"))))]
    pub lines: u64,
    /// Claims that were stored.
    #[schema(example = 998, extensions(("x-data" = json!("imports.imported"))))]
    pub imported: u64,
    /// Lines that were refused.
    #[schema(example = 2, extensions(("x-data" = json!("imports.refused"))))]
    pub refused: u64,
    /// What is wrong with them: the first thousand errors.
    #[schema(extensions(("x-data" = json!("imports.errors"))))]
    pub errors: Vec<LineError>,
    /// When it began.
    #[schema(extensions(("x-data" = json!("imports.began_at"))))]
    pub began_at: DateTime<Utc>,
    /// When it ended.
    #[schema(extensions(("x-data" = json!("imports.finished_at"))))]
    pub finished_at: DateTime<Utc>,
    /// Whether it had ended before, and this is what was said then.
    #[serde(skip)]
    pub again: bool,
}

/// How far an import is.
pub(super) struct State {
    pub id: ImportId,
    pub lines: u64,
    pub imported: u64,
    pub refused: u64,
    pub errors: Vec<LineError>,
    pub digest: Vec<u8>,
    pub began_at: DateTime<Utc>,
}

impl State {
    pub fn new(now: DateTime<Utc>) -> Self {
        let (id, errors, digest) = (ImportId::new(now), Vec::new(), Vec::new());
        Self { id, lines: 0, imported: 0, refused: 0, errors, digest, began_at: now }
    }

    pub fn of(known: &Known) -> anyhow::Result<Self> {
        let unsigned = |number: i64| u64::try_from(number).unwrap_or(0);
        Ok(Self {
            id: known.id,
            lines: unsigned(known.lines_done),
            imported: unsigned(known.imported),
            refused: unsigned(known.refused),
            errors: serde_json::from_value(known.errors.clone())?,
            digest: known.progress_digest.clone().unwrap_or_default(),
            began_at: known.began_at,
        })
    }

    pub fn note(&mut self, errors: impl IntoIterator<Item = LineError>) {
        let room = MOST_ERRORS.saturating_sub(self.errors.len());
        self.errors.extend(errors.into_iter().take(room));
    }

    pub fn summary(self, outcome: &str, finished_at: DateTime<Utc>, again: bool) -> ImportSummary {
        ImportSummary {
            sid: self.id,
            outcome: outcome.to_owned(),
            lines: self.lines,
            imported: self.imported,
            refused: self.refused,
            errors: self.errors,
            began_at: self.began_at,
            finished_at,
            again,
        }
    }
}
