//! What was written about an appeal, as both sides see it.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::files;
use super::queries::{self, Appeal, Message};
use crate::platform::files::web::{Attached, LetterView};

/// All that was written about an appeal.
pub struct Written {
    /// What the owner said when they filed it.
    pub words: String,
    /// What they sent along with it.
    pub files: Vec<Attached>,
    /// Messages, oldest first.
    pub letters: Vec<LetterView>,
}

impl Written {
    /// Reads it; its files can be fetched below this path.
    ///
    /// # Errors
    /// What the database says.
    pub async fn load(conn: &mut AsyncPgConnection, appeal: &Appeal, path: &str) -> QueryResult<Self> {
        let mut files = files::of(conn, appeal.id).await?;
        let messages = queries::messages(conn, appeal.id).await?;
        let own = Attached::taken(&mut files, &None, path);
        let letter = |message: Message| {
            let theirs = Attached::taken(&mut files, &Some(message.id), path);
            let by =
                if message.author_kind == "customer" { ("The owner", true) } else { ("LossExpress", false) };
            LetterView::of(by, message.sent_at, message.body, theirs)
        };
        let letters = messages.into_iter().map(letter).collect();
        Ok(Self { words: appeal.words.clone(), files: own, letters })
    }
}

/// The files of an appeal for somebody who may not read it yet: that they are there, and no name.
///
/// # Errors
/// What the database says.
pub async fn sealed(conn: &mut AsyncPgConnection, appeal: &Appeal, path: &str) -> QueryResult<Vec<Attached>> {
    let files = files::of(conn, appeal.id).await?;
    let mut files: Vec<Attached> = files.into_iter().map(|(_, file)| Attached::of(file, path)).collect();
    Attached::hide(&mut files);
    Ok(files)
}
