//! The head that all pages of an account share: its name, its SID, its state, and the way to its other pages.
//! A page extends `accounts/layout.html` and has a `frame` beside its `page`.

use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};

use super::guard::Account;
use crate::platform::app::App;
use crate::platform::ids::AccountId;
use crate::platform::web::pages::Page;
use crate::routes;

/// The head of a page of an account.
#[derive(Clone, Debug)]
pub struct Frame {
    /// SID.
    pub id: AccountId,
    /// What the account is called.
    pub name: String,
    /// Kind of the badge of its state.
    pub state_kind: &'static str,
    /// Its state in a word.
    pub state: &'static str,
    /// What whoever reads is in it.
    pub role: &'static str,
    /// The address of the tab that is open, or empty.
    pub current: String,
    /// What a suspension takes at present.
    pub restriction: Option<Restriction>,
    going: bool,
    pages: Vec<(String, &'static str)>,
}

/// The banner of a suspension (S128).
#[derive(Clone, Debug)]
pub struct Restriction {
    /// Kind of the notice and the badge.
    pub kind: &'static str,
    /// The level in a word or two.
    pub label: &'static str,
    /// What happened.
    pub headline: String,
    /// What it means.
    pub about: &'static str,
    /// The address of the statement.
    pub href: String,
}

impl Restriction {
    /// That of an account, if a suspension is in force.
    pub fn of(account: &Account, now: DateTime<Utc>) -> Option<Self> {
        let open = account.standing.highest(now)?;
        Some(Self {
            kind: open.level.badge(),
            label: open.level.label(),
            headline: open.level.headline(&account.name),
            about: open.level.about(),
            href: open.path(account.id),
        })
    }
}

impl Frame {
    /// The head for this request. Only pages that are there have a tab.
    pub fn of(request: &HttpRequest, account: &Account) -> Self {
        let mut pages = account.pages();
        pages.retain(|(path, _)| routes::can_be_read(path));
        let app = request.app_data::<web::Data<App>>().expect("every server has its App");
        Self {
            id: account.id,
            name: account.name.clone(),
            state_kind: account.state.badge(),
            state: account.state.label(),
            role: account.role.label(),
            current: current(&pages, request.path()),
            restriction: Restriction::of(account, app.clock.now()),
            going: account.state.is_on_its_way_out(),
            pages,
        }
    }

    /// Whether the account is being closed, or is closed: pages then show no way to change it.
    pub fn is_on_its_way_out(&self) -> bool {
        self.going
    }

    /// The tabs: address and label.
    pub fn tabs(&self) -> Vec<(&str, &'static str)> {
        self.pages.iter().map(|(path, label)| (path.as_str(), *label)).collect()
    }

    /// The address of one of the account's pages; `page` is empty or begins with a slash.
    pub fn path(&self, page: &str) -> String {
        format!("/accounts/{}{page}", self.id)
    }

    /// The frame around the head: its title names the account too, because somebody may have several open.
    pub fn page(&self, request: &HttpRequest, title: &str) -> Page {
        Page::of(request, &format!("{title} – {}", self.name))
    }
}

/// The page that is open, or the one that it lies below.
fn current(pages: &[(String, &'static str)], path: &str) -> String {
    let below =
        |page: &str| path == page || path.strip_prefix(page).is_some_and(|rest| rest.starts_with('/'));
    let found = pages.iter().map(|(page, _)| page).filter(|page| below(page)).max_by_key(|page| page.len());
    found.cloned().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::current;

    #[test]
    fn a_page_below_another_keeps_its_tab_marked() {
        let pages =
            [("/accounts/AC1".to_owned(), "Overview"), ("/accounts/AC1/members".to_owned(), "Members")];
        for (path, tab) in [
            ("/accounts/AC1", "/accounts/AC1"),
            ("/accounts/AC1/name", "/accounts/AC1"),
            ("/accounts/AC1/members/invitations/new", "/accounts/AC1/members"),
            ("/accounts/AC1/memberships", "/accounts/AC1"),
            ("/accounts/AC12", ""),
        ] {
            assert_eq!(current(&pages, path), tab, "{path}");
        }
    }
}
