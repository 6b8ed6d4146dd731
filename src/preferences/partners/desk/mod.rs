//! The desk of partners: the list, and one partner with what it got. Proposing is in [`text`], what is done with a partner in
//! [`steps`].

pub mod steps;
pub mod text;

pub use text::{create, new};

use actix_web::{HttpRequest, web};

use super::shares::{self, Share};
use super::{Partner, name_of};
use crate::platform::app::App;
use crate::platform::codes;
use crate::platform::ids::{PartnerId, ShareId};
use crate::platform::web::guards::{SignedIn, Staff};
use crate::platform::web::pages::{self, Page, WebResult, moment};
use crate::platform::web::pagination::{Keyset, Pager};
use crate::preferences::campaigns::Desk;
use crate::staff::permissions::PlansCampaigns;

fn desk(who: &SignedIn) -> Desk {
    Desk { person: who.person, from: who.caller.circumstances() }
}

fn path(id: PartnerId) -> String {
    format!("/staff/partners/{id}")
}

/// How a partner stands: the kind of its badge, and in words.
fn in_words(partner: &Partner) -> (&'static str, &'static str) {
    match (partner.ended_at, partner.approved_at) {
        (Some(_), _) => ("", "Ended"),
        (None, Some(_)) => ("success", "Published"),
        (None, None) => ("warning", "Waits for approval"),
    }
}

struct Row {
    path: String,
    name: String,
    badge: (&'static str, &'static str),
    sends: String,
    when: String,
}

#[derive(askama::Template)]
#[template(path = "preferences/partners/index.html")]
struct IndexPage {
    page: Page,
    rows: Vec<Row>,
    pager: Pager,
}

/// `GET /staff/partners`
pub async fn index(
    app: web::Data<App>,
    request: HttpRequest,
    _who: Staff<PlansCampaigns>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let partners = super::list(&app, keyset.window()).await?;
    let (partners, pager) = keyset.page(partners, |partner| partner.id.0, "/staff/partners", "");
    let row = |partner: Partner| Row {
        path: path(partner.id),
        badge: in_words(&partner),
        when: moment(&partner.ended_at.or(partner.approved_at).unwrap_or(partner.proposed_at)),
        name: partner.name,
        sends: partner.sends,
    };
    let rows = partners.into_iter().map(row).collect();
    pages::ok(&IndexPage { page: Page::of(&request, "Partners"), rows, pager })
}

struct ShareRow {
    path: String,
    when: String,
    iso: String,
    contacts: String,
}

#[derive(askama::Template)]
#[template(path = "preferences/partners/show.html")]
struct ShowPage {
    page: Page,
    path: String,
    badge: (&'static str, &'static str),
    partner: Partner,
    proposed: String,
    approved: String,
    ended: String,
    /// Whoever reads it proposed it.
    own: bool,
    /// How many could be in a share now.
    shareable: String,
    /// Of how many the partner is to be told.
    untold: i64,
    /// Names the next share, so that a second click makes no second one.
    next: ShareId,
    shares: Vec<ShareRow>,
    pager: Pager,
}

/// `GET /staff/partners/{partner}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Staff<PlansCampaigns>,
    id: web::Path<PartnerId>,
    keyset: web::Query<Keyset>,
) -> WebResult {
    let partner = super::find(&app, *id).await?;
    let (shareable, untold) = shares::counts(&app, *id).await?;
    let found = shares::list(&app, *id, keyset.window()).await?;
    let (found, pager) = keyset.page(found, |share| share.id.0, &path(*id), "");
    let proposer = name_of(&app, Some(partner.proposed_by)).await?;
    let approver = name_of(&app, partner.approved_by).await?;
    pages::ok(&ShowPage {
        page: Page::of(&request, &partner.name),
        path: path(*id),
        badge: in_words(&partner),
        proposed: format!("{} by {proposer}", moment(&partner.proposed_at)),
        approved: partner.approved_at.map(|at| format!("{} by {approver}", moment(&at))).unwrap_or_default(),
        ended: partner.ended_at.as_ref().map(moment).unwrap_or_default(),
        own: partner.proposed_by == who.person,
        shareable: codes::count(shareable),
        untold,
        next: ShareId::new(app.clock.now()),
        shares: found.iter().map(|share| share_row(*id, share)).collect(),
        pager,
        partner,
    })
}

fn share_row(partner: PartnerId, share: &Share) -> ShareRow {
    ShareRow {
        path: format!("{}/shares/{}/file", path(partner), share.id),
        when: moment(&share.made_at),
        iso: share.made_at.to_rfc3339(),
        contacts: codes::count(share.contacts),
    }
}
