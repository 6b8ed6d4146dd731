//! Results over time, as a drawing and in words. The drawing is geometry only; its colours are classes.

use chrono::Duration;

use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::pages::moment;
use crate::preferences::campaigns::{self, Campaign};

/// Pieces of time in the drawing.
const PIECES: i64 = 24;
/// Height of the drawing, and the place of a piece and its bars in it.
const HEIGHT: i64 = 100;
const PLACE: i64 = 12;
const BAR: i64 = 3;

/// One bar.
pub(super) struct Bar {
    pub class: &'static str,
    pub x: i64,
    pub top: i64,
    pub height: i64,
    pub label: String,
}

/// A piece of time with anything in it, for the table.
pub(super) struct Piece {
    pub at: String,
    pub sent: i64,
    pub failed: i64,
    pub unsubscribed: i64,
}

/// The drawing.
pub(super) struct Chart {
    pub bars: Vec<Bar>,
    pub pieces: Vec<Piece>,
    pub most: i64,
    pub width: i64,
    pub height: i64,
    pub bar: i64,
    pub first: String,
    pub last: String,
}

impl Chart {
    /// Draws from the hour it began until now: minutes at first, later hours and days.
    pub async fn draw(app: &App, campaign: &Campaign) -> Result<Self, AppError> {
        let now = app.clock.now();
        let start = campaign.scheduled_for.unwrap_or(now).min(now);
        let seconds = ((now - start).num_seconds() / PIECES + 1).max(60);
        let moments = campaigns::moments(app, campaign.id, start, seconds, PIECES).await?;
        let most = moments.iter().flat_map(|m| [m.sent, m.failed, m.unsubscribed]).max().unwrap_or(0);
        let at = |piece: i64| moment(&(start + Duration::seconds(piece * seconds)));
        let mut bars = Vec::new();
        for one in &moments {
            let kinds = [
                ("chart-count", one.sent, "sent"),
                ("chart-part is-danger", one.failed, "refused, bounced or complained about"),
                ("chart-third", one.unsubscribed, "unsubscribed"),
            ];
            for ((class, count, words), place) in
                kinds.into_iter().zip(0..).filter(|((_, count, _), _)| *count > 0)
            {
                let height = (count * HEIGHT / most.max(1)).max(1);
                let label = format!("{}: {count} {words}", at(one.piece));
                bars.push(Bar {
                    class,
                    x: one.piece * PLACE + place * BAR,
                    top: HEIGHT - height,
                    height,
                    label,
                });
            }
        }
        let piece = |one: &campaigns::Moment| Piece {
            at: at(one.piece),
            sent: one.sent,
            failed: one.failed,
            unsubscribed: one.unsubscribed,
        };
        let (width, height, bar) = (PIECES * PLACE, HEIGHT, BAR);
        let (first, last) = (at(0), at(PIECES));
        Ok(Self { bars, pieces: moments.iter().map(piece).collect(), most, width, height, bar, first, last })
    }
}
