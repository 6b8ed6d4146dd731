//! The last line under mail that is no mailing: from any mail its reader can see and change what we may send (S30).
//! Added as it leaves, because by then a contact may have come or gone.

use diesel::QueryResult;
use diesel_async::AsyncPgConnection;

use super::contacts;
use super::links::{self, Link};
use crate::platform::app::App;
use crate::platform::messages::{Body, Class, StoredMessage};

/// Where the HTML part of every mail ends (`mail/layout.html`).
const END: &str = "</div>\n</body>";

/// The body with the line, where the address is a contact of ours and has no such link in this mail.
///
/// # Errors
/// What the database says.
pub async fn under(
    app: &App,
    conn: &mut AsyncPgConnection,
    message: &StoredMessage,
    mut body: Body,
) -> QueryResult<Body> {
    let needed = message.kind == "mail" && message.class == Class::Transactional.as_str();
    if !needed || body.text.contains("/preferences/") {
        return Ok(body);
    }
    let Some(contact) = contacts::find_by_email(conn, &message.recipient).await? else { return Ok(body) };
    let link = Link::new(&app.keys, contact.id, &contact.email, None, None);
    let url = links::preferences_url(app, &link);
    body.text = format!("{}\nWhat we may send you:\n{url}\n", body.text.trim_end());
    if let Some(end) = body.html.rfind(END) {
        body.html.insert_str(end, &format!("<p><a href=\"{url}\">What we may send you</a></p>\n"));
    }
    Ok(body)
}
