//! From signals to what is done: which versions match, what they weigh together, and which of them acts.

use super::expression::Expression;
use super::queries::live;
use super::{Mode, SCORE, Version};
use crate::trust::signals::Values;
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

/// A version that is not retired, ready to be evaluated.
#[derive(Clone, Debug)]
pub struct Live {
    /// As it was read.
    pub version: Version,
    /// What it says.
    pub expression: Expression,
}

/// What matched and may lead somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Which of the versions acts, or would.
    pub version: usize,
    /// What those that match weigh together.
    pub score: i32,
}

/// Every version that is not retired. One that was written for signals that are no more is left out, loudly.
///
/// # Errors
/// What the database says.
pub async fn all(conn: &mut AsyncPgConnection) -> QueryResult<Vec<Live>> {
    let versions = live(conn).await?;
    Ok(versions.into_iter().filter_map(ready).collect())
}

/// A version, ready to be evaluated.
pub fn ready(version: Version) -> Option<Live> {
    match version.compile() {
        Ok(expression) => Some(Live { version, expression }),
        Err(why) => {
            tracing::error!(rule.version = %version.id, why = ?why, "a version of a rule cannot be evaluated");
            metrics::counter!("portal_rule_expressions_failed_total").increment(1);
            None
        }
    }
}

/// Versions beside a version that count together with it, of those that match: no other of the same rule, and none that
/// may do less, unless it is in shadow itself, where it counts as if it were in use.
fn beside<'a>(live: &'a [Live], matching: &'a [usize], of: &'a Version) -> impl Iterator<Item = usize> + 'a {
    let least = if of.mode() == Mode::Enforce { Mode::Enforce } else { Mode::Review };
    matching.iter().copied().filter(move |index| {
        let other = &live[*index].version;
        other.rule != of.rule && other.mode() >= least
    })
}

/// The versions that are counted for a verdict, with itself: indices into `live`.
pub fn combined(live: &[Live], matching: &[usize], verdict: usize) -> Vec<usize> {
    let mut all: Vec<usize> = beside(live, matching, &live[verdict].version).collect();
    all.push(verdict);
    all.sort_unstable();
    all
}

fn score(live: &[Live], matching: &[usize], of: usize) -> i32 {
    let others: i32 = beside(live, matching, &live[of].version).map(|index| live[index].version.weight).sum();
    live[of].version.weight + others
}

/// Which versions match.
pub fn matching(live: &[Live], values: &Values) -> Vec<usize> {
    (0..live.len()).filter(|index| live[*index].expression.matches(values)).collect()
}

/// Of those that match and may do the same, the heaviest; of equals the one that is older.
fn heaviest(live: &[Live], matching: &[usize], mode: Mode) -> Option<usize> {
    let those = matching.iter().copied().filter(|index| live[*index].version.mode() == mode);
    those.max_by_key(|index| (live[*index].version.weight, std::cmp::Reverse(live[*index].version.rule)))
}

/// What comes of it: at most one version that restricts, or else at most one that asks; and each in shadow that would
/// have done something.
pub fn verdicts(live: &[Live], matching: &[usize]) -> Vec<Verdict> {
    let reached = |index: usize| {
        let score = score(live, matching, index);
        (score >= SCORE).then_some(Verdict { version: index, score })
    };
    let acting = heaviest(live, matching, Mode::Enforce).and_then(reached);
    let acting = acting.or_else(|| heaviest(live, matching, Mode::Review).and_then(reached));
    let shadow = matching.iter().copied().filter(|index| live[*index].version.mode() == Mode::Shadow);
    acting.into_iter().chain(shadow.filter_map(reached)).collect()
}
