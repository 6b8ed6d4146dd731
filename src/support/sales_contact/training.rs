//! Learning from enquiries (S33): a file of what was asked and how soon it was answered, for training and for getting better at it.
//! It says nothing of who wrote: no name, address, telephone number or company, and in the words themselves addresses and digits
//! are hidden. Whoever had their data restricted, or objected, is not in it at all (S87), from the moment on at which they ask;
//! an address is theirs here also where nobody confirmed it, in each of its spellings, and where they had it before.

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

/// Words without the addresses and digits in them. A name cannot be told from other words.
fn masked(words: &str) -> String {
    masks::sentence(words).chars().map(|c| if c.is_numeric() { '#' } else { c }).collect()
}

/// The next lines below a key: [`csv::BATCH`] or a few more, and fewer only where there are no others. Who is left out is looked
/// up for each part, after it was read.
async fn lines(app: &App, below: Option<Uuid>) -> anyhow::Result<Vec<(Uuid, Vec<String>)>> {
    let mut conn = app.db.get().await?;
    let (mut lines, mut below) = (Vec::new(), below);
    let cells = |one: &queries::Lesson| {
        vec![
            one.received_at.format("%Y-%m").to_string(),
            (one.answered_at - one.received_at).num_hours().to_string(),
            masked(one.use_case.as_deref().unwrap_or_default()),
            masked(&one.message),
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
    use super::*;

    #[test]
    fn what_leads_back_to_somebody_is_hidden_in_their_words() {
        assert_eq!(
            masked("I am ada.lovelace@example.com, call +1 202 555 0100."),
            "I am a…@example.com, call +# ### ### ####."
        );
    }
}
