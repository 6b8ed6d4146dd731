//! Results over time, as a drawing and in words. The drawing is geometry only; its colours are classes.

use chrono::Duration;

use crate::platform::app::App;
use crate::platform::codes;
use crate::platform::error::AppError;
use crate::platform::web::pages::moment;
use crate::preferences::campaigns::{self, Campaign, Moment};

/// Pieces of time in the drawing.
const PIECES: i64 = 24;
/// Height of the drawing, and the place of a piece and its bars in it.
const HEIGHT: i64 = 100;
const PLACE: i64 = 18;
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
    /// What each kind of result is called, and how often it came.
    pub counts: Vec<(&'static str, String)>,
}

/// The drawing.
pub(super) struct Chart {
    pub bars: Vec<Bar>,
    pub pieces: Vec<Piece>,
    /// What each kind of result is called, and the class that draws it.
    pub legend: Vec<(&'static str, &'static str)>,
    pub most: String,
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
        let kinds = || moments.iter().flat_map(Moment::kinds);
        let most = kinds().map(|(.., count)| count).max().unwrap_or(0);
        let at = |piece: i64| moment(&(start + Duration::seconds(piece * seconds)));
        let mut bars = Vec::new();
        for one in &moments {
            let places = one.kinds().into_iter().zip(0..);
            for ((kind, class, count), place) in places.filter(|((.., count), _)| *count > 0) {
                let height = (count * HEIGHT / most.max(1)).max(1);
                bars.push(Bar {
                    class,
                    x: one.piece * PLACE + place * BAR,
                    top: HEIGHT - height,
                    height,
                    label: format!("{}: {kind} {}", at(one.piece), codes::count(count)),
                });
            }
        }
        let piece = |one: &Moment| Piece {
            at: at(one.piece),
            counts: one.kinds().into_iter().map(|(kind, _, count)| (kind, codes::count(count))).collect(),
        };
        let (width, height, bar) = (PIECES * PLACE, HEIGHT, BAR);
        let (first, last) = (at(0), at(PIECES));
        let legend = Moment::default().kinds().into_iter().map(|(kind, class, _)| (kind, class)).collect();
        let (pieces, most) = (moments.iter().map(piece).collect(), codes::count(most));
        Ok(Self { bars, pieces, legend, most, width, height, bar, first, last })
    }
}
