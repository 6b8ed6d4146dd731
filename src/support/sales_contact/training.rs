//! Learning from enquiries (S33): a file of what was asked and how soon it was answered, for training and for getting better at it.
//! It says nothing of who wrote: no name, address, telephone number or company, and in the words themselves addresses, digits and
//! the names that came with them are hidden. Whoever had their data restricted, or objected, is not in it at all (S87), from the
//! moment on at which they ask; an address is theirs here also where nobody confirmed it, in each of its spellings, and where they
//! had it before.

use std::collections::HashSet;

use actix_web::{HttpResponse, web};
use uuid::Uuid;

use super::queries;
use crate::identity::spellings;
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::web::guards::Staff;
use crate::staff::desk::{Queue, csv};
use crate::staff::masks;
use crate::staff::permissions::AnswersSales;

const HEAD: [&str; 4] = ["month", "hours_to_answer", "in_mind", "message"];

/// The words, in small letters, by which an enquiry says elsewhere who wrote it: those of their name, of their company, and of
/// their address before the domain.
fn names(one: &queries::Lesson) -> HashSet<String> {
    let local = one.email.split('@').next();
    let said = [local, one.name.as_deref(), one.company.as_deref()];
    let words = said.into_iter().flatten().flat_map(|said| said.split(|c: char| !c.is_alphanumeric()));
    words.filter(|word| word.chars().count() > 2).map(str::to_lowercase).collect()
}

/// Words without the addresses and digits in them, nor the names of whoever wrote. Another name cannot be told from other words.
fn masked(words: &str, names: &HashSet<String>) -> String {
    let mut masked = String::new();
    for piece in masks::sentence(words).split_inclusive(|c: char| !c.is_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_alphanumeric());
        let (is_name, rest) = (names.contains(&word.to_lowercase()), &piece[word.len()..]);
        masked.extend([if is_name { "…" } else { word }, rest]);
    }
    masked.chars().map(|c| if c.is_numeric() { '#' } else { c }).collect()
}

/// The next lines below a key: [`csv::BATCH`] or a few more, and fewer only where there are no others. Who is left out is looked
/// up for each part, after it was read.
async fn lines(app: &App, below: Option<Uuid>) -> anyhow::Result<Vec<(Uuid, Vec<String>)>> {
    let mut conn = app.db.get().await?;
    let (mut lines, mut below) = (Vec::new(), below);
    let cells = |one: &queries::Lesson| {
        let names = names(one);
        vec![
            one.received_at.format("%Y-%m").to_string(),
            (one.answered_at - one.received_at).num_hours().to_string(),
            masked(one.use_case.as_deref().unwrap_or_default(), &names),
            masked(&one.message, &names),
        ]
    };
    loop {
        let found = queries::answered(&mut conn, below, csv::BATCH).await?;
        let spelled: Vec<Vec<String>> = found.iter().map(|one| spellings::all(&one.email)).collect();
        let limited = queries::limited(&mut conn, &spelled.concat()).await?;
        let free = found
            .iter()
            .zip(&spelled)
            .filter(|(_, spelled)| !spelled.iter().any(|address| limited.contains(address)));
        lines.extend(free.map(|(one, _)| (one.id, cells(one))));
        let is_full = |count: usize| i64::try_from(count).is_ok_and(|count| count >= csv::BATCH);
        if is_full(lines.len()) || !is_full(found.len()) {
            return Ok(lines);
        }
        below = found.last().map(|one| one.id);
    }
}

/// `GET /staff/sales/training.csv`
pub async fn file(app: web::Data<App>, who: Staff<AnswersSales>) -> Result<HttpResponse, AppError> {
    csv::note(&app, &who, Queue::Enquiries, "for training").await?;
    Ok(csv::stream("enquiries-for-training", &HEAD, move |below: Option<Uuid>| {
        let app = app.clone();
        async move { lines(&app, below).await }
    }))
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;

    #[test]
    fn what_leads_back_to_somebody_is_hidden_in_their_words() {
        let one = queries::Lesson {
            id: Uuid::nil(),
            email: "al@example.com".into(),
            name: Some("Ada Lovelace".into()),
            company: Some("Engines & Co".into()),
            received_at: DateTime::UNIX_EPOCH,
            answered_at: DateTime::UNIX_EPOCH,
            use_case: None,
            message: "I am ada.lovelace@example.com, call +1 202 555 0100.\nADA Lovelace, Engines, al".into(),
        };
        assert_eq!(
            masked(&one.message, &names(&one)),
            "I am a…@example.com, call +# ### ### ####.\n… …, …, al"
        );
    }
}
