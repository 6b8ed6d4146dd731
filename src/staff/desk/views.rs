//! Views that a member of staff saved for themselves: a name for filters of a queue that they use again and again.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl};
use serde::Deserialize;
use uuid::Uuid;

use super::Queue;
use crate::identity::people;
use crate::platform::app::App;
use crate::platform::db::schema::saved_views;
use crate::platform::error::{AppError, violates};
use crate::platform::ids::{PersonId, new_uuid};
use crate::platform::web::flash;
use crate::platform::web::forms::{Field, Form};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, see_other};
use crate::staff::permissions::EntersConsole;

/// So many somebody may have for one queue.
pub const MOST: i64 = 20;
/// Longest name in characters.
pub const LONGEST: usize = 60;

/// A saved view, as a queue shows it.
#[derive(Clone, Debug)]
pub struct Saved {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// The queue with its filters.
    pub href: String,
    /// Whether it is what is shown now.
    pub current: bool,
}

/// The views that somebody saved for a queue, by name.
///
/// # Errors
/// What the database says.
pub async fn of(
    conn: &mut AsyncPgConnection,
    staff: PersonId,
    queue: Queue,
    current: &str,
) -> QueryResult<Vec<Saved>> {
    let rows: Vec<(Uuid, String, String)> = saved_views::table
        .filter(saved_views::staff_id.eq(staff).and(saved_views::queue.eq(queue.as_str())))
        .order(saved_views::name)
        .select((saved_views::id, saved_views::name, saved_views::query))
        .load(conn)
        .await?;
    let saved = |(id, name, query): (Uuid, String, String)| {
        let current = query == current;
        let href =
            if query.is_empty() { queue.path().to_owned() } else { format!("{}?{query}", queue.path()) };
        Saved { id, name, href, current }
    };
    Ok(rows.into_iter().map(saved).collect())
}

/// Why a view is not saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// There are [`MOST`] of them.
    Enough,
    /// They have one of this name.
    Name,
}

/// Saves a view.
///
/// # Errors
/// Inside: that there are enough, or one of this name. Outside: `SignInNeeded` where their session ended meanwhile.
pub async fn save(
    app: &App,
    who: &SignedIn,
    queue: Queue,
    name: &str,
    query: &str,
) -> Result<Result<(), Refusal>, AppError> {
    let now = app.clock.now();
    let mut conn = app.db.get().await?;
    let saved = conn
        .transaction(async |conn| {
            // Two tabs that save at once come one after the other, so that the limit holds.
            people::lock_as(conn, who).await?;
            let theirs = saved_views::table
                .filter(saved_views::staff_id.eq(who.person).and(saved_views::queue.eq(queue.as_str())));
            if theirs.count().get_result::<i64>(conn).await? >= MOST {
                return Ok(Err(Refusal::Enough));
            }
            insert(conn, who.person, queue, (name, query), now).await?;
            Ok::<_, diesel::result::Error>(Ok(()))
        })
        .await;
    match saved {
        Err(error) if violates(&error, "saved_views_name") => Ok(Err(Refusal::Name)),
        saved => Ok(saved?),
    }
}

/// Keeps a view: its name and its query.
///
/// # Errors
/// What the database says: a name is used once.
pub(crate) async fn insert(
    conn: &mut AsyncPgConnection,
    staff: PersonId,
    queue: Queue,
    (name, query): (&str, &str),
    now: DateTime<Utc>,
) -> QueryResult<()> {
    diesel::insert_into(saved_views::table)
        .values((
            saved_views::id.eq(new_uuid(now)),
            saved_views::staff_id.eq(staff),
            saved_views::queue.eq(queue.as_str()),
            saved_views::name.eq(name),
            saved_views::query.eq(query),
            saved_views::created_at.eq(now),
        ))
        .execute(conn)
        .await?;
    Ok(())
}

/// What the address and the form say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ViewForm {
    queue: String,
    query: String,
    name: String,
}

impl ViewForm {
    /// The queue, if this member of staff works there.
    fn queue(&self, who: &SignedIn) -> Result<Queue, AppError> {
        let works = |queue: &Queue| queue.permission().is_some_and(|right| right.granted_to(&who.roles));
        let none = || AppError::BadRequest("There is no such queue among yours.".into());
        Queue::parse(&self.queue).filter(works).ok_or_else(none)
    }

    /// The query, in the words of an address again; what the queue does not know, it passes over.
    fn query(&self) -> String {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(&self.query).unwrap_or_default();
        let kept = pairs.iter().filter(|(name, _)| !matches!(name.as_str(), "before" | "after"));
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish()
    }

    fn draw(&self) -> Form {
        let name = Field { maxlength: Some(60), ..Field::text("name", "What is it called?") };
        Form::new(vec![
            Field::hidden("queue", &self.queue),
            Field::hidden("query", &self.query()),
            name.value(&self.name).autocomplete("off").hint("Up to 60 characters. Nobody but you sees it."),
        ])
    }

    fn parse(&self, form: &mut Form) -> Option<(String, String)> {
        let name = self.name.trim();
        match name.chars().count() {
            _ if name.chars().any(char::is_control) => form.fail("name", "Take the control character out."),
            0 => form.fail("name", "Give it a name."),
            length if length > LONGEST => form.fail("name", "Find a name of up to 60 characters."),
            _ => {}
        }
        let query = self.query();
        if query.len() > 500 {
            form.fail_whole("These are more filters than a view can keep.");
        }
        (!form.has_errors()).then(|| (name.to_owned(), query))
    }
}

#[derive(askama::Template)]
#[template(path = "staff/desk/view.html")]
struct ViewPage {
    page: Page,
    back: String,
    form: Form,
}

fn page(request: &HttpRequest, queue: Queue, typed: &ViewForm, form: Form) -> ViewPage {
    let query = typed.query();
    let back = if query.is_empty() { queue.path().to_owned() } else { format!("{}?{query}", queue.path()) };
    ViewPage { page: Page::of(request, "Save a view"), back, form }
}

/// `GET /staff/views/new?queue=requests&query=view%3Dlate`
pub async fn new(request: HttpRequest, who: Staff<EntersConsole>, asked: web::Query<ViewForm>) -> WebResult {
    let queue = asked.queue(&who)?;
    pages::ok(&page(&request, queue, &asked, asked.draw()))
}

/// `POST /staff/views/new`
pub async fn create(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<EntersConsole>,
    typed: web::Form<ViewForm>,
) -> WebResult {
    let queue = typed.queue(&who)?;
    let mut form = typed.draw();
    let Some((name, query)) = typed.parse(&mut form) else {
        return pages::unprocessable(&page(&request, queue, &typed, form));
    };
    match save(&app, &who, queue, &name, &query).await? {
        Ok(()) => {}
        Err(Refusal::Name) => {
            form.fail("name", "You have a view of this name. Find another, or remove that one.")
        }
        Err(Refusal::Enough) => {
            form.fail_whole("You have 20 views of this queue. Remove one that you no longer need.")
        }
    }
    if form.has_errors() {
        return pages::unprocessable(&page(&request, queue, &typed, form));
    }
    flash::success(&request, "The view is saved.");
    Ok(see_other(&page(&request, queue, &typed, form).back))
}

/// `POST /staff/views/{view}/removal`: one of their own.
pub async fn remove(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<EntersConsole>,
    id: web::Path<Uuid>,
) -> WebResult {
    let theirs = saved_views::table.find(*id).filter(saved_views::staff_id.eq(who.person));
    let mut conn = app.db.get().await?;
    let removed: Option<String> =
        diesel::delete(theirs).returning(saved_views::queue).get_result(&mut conn).await.optional()?;
    let Some(queue) = removed.as_deref().and_then(Queue::parse) else {
        flash::info(&request, "The view was removed before.");
        return Ok(see_other("/staff"));
    };
    flash::success(&request, "The view is removed.");
    Ok(see_other(queue.path()))
}
