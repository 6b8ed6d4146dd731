//! Evidence as staff see it: every signal that was judged, with its value and the time that a figure counts over, beside
//! the drawing that the customer sees too.

use super::rules::explain::span;
use super::suspensions::Evidence;
use super::suspensions::chart::Chart;
use super::suspensions::evidence::figure;

/// A signal that was judged.
#[derive(Clone, Debug)]
pub struct Drawing {
    /// Part of ids.
    pub signal: String,
    /// Over which time each figure counts.
    pub span: &'static str,
    /// The value that was judged.
    pub value: String,
}

/// Everything that was measured, with its drawing.
pub fn draw(evidence: &Evidence) -> Vec<(Drawing, Chart)> {
    let value = |signal: &str| {
        let measure = evidence.measures.iter().find(|measure| measure.signal == signal);
        figure(measure.map_or(0.0, |measure| measure.value))
    };
    let one = |series: &super::suspensions::Series| {
        let signal = series.signal.clone();
        let drawing = Drawing { span: span(&signal), value: value(&signal), signal };
        (drawing, Chart::draw(series))
    };
    evidence.series.iter().map(one).collect()
}
