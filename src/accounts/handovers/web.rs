//! Pages of handovers: offering, and answering an offer.

use actix_web::{HttpRequest, web};
use serde::Deserialize;

use super::{Candidate, Offer, Offered, What};
use crate::accounts::frame::Frame;
use crate::accounts::guard::{Account, Member, RecentChanger, RecentMember};
use crate::accounts::permissions::{Manages, Sees};
use crate::platform::app::App;
use crate::platform::error::AppError;
use crate::platform::ids::{AccountId, HandoverId, PersonId};
use crate::platform::web::flash;
use crate::platform::web::forms::{Choice, Field, Form};
use crate::platform::web::guards::SignedIn;
use crate::platform::web::pages::{self, Page, WebResult, moment, see_other};

/// What the form of an offer sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OfferForm {
    member: String,
    confirmation: String,
}

impl OfferForm {
    fn draw(&self, what: What, account: &Account, me: PersonId, candidates: &[Candidate]) -> Form {
        let choice = |candidate: &Candidate| Choice {
            value: candidate.id.to_string(),
            label: if candidate.id == me {
                "Yourself, at once".into()
            } else {
                format!("{} ({})", candidate.name, candidate.email)
            },
            selected: self.member == candidate.id.to_string(),
        };
        let mut fields = vec![Field::select("member", "To whom", candidates.iter().map(choice).collect())];
        if what == What::Ownership {
            let label = format!("Type the name of the account: {}", account.name);
            fields.push(
                Field::text("confirmation", &label)
                    .value(&self.confirmation)
                    .autocomplete("off")
                    .hint("So that the right account changes hands."),
            );
        }
        Form::new(fields)
    }

    fn parse(&self, what: What, account: &Account, mut form: Form) -> Result<PersonId, Form> {
        let to = self.member.parse::<PersonId>().ok();
        if to.is_none() {
            form.fail("member", "Choose one of the members.");
        }
        if what == What::Ownership && self.confirmation.trim() != account.name {
            form.fail("confirmation", "This is not the name of the account.");
        }
        if form.has_errors() {
            return Err(form);
        }
        to.ok_or(form)
    }
}

/// An offer that waits, for those who can withdraw it.
struct Open {
    id: HandoverId,
    to: String,
    until: String,
}

#[derive(askama::Template)]
#[template(path = "accounts/handovers/new.html")]
struct NewPage {
    page: Page,
    frame: Frame,
    form: Form,
    what: What,
    action: String,
    open: Option<Open>,
    nobody: bool,
}

async fn new_page(
    app: &App,
    request: &HttpRequest,
    account: &Account,
    what: What,
    form: Form,
) -> Result<NewPage, AppError> {
    let frame = Frame::of(request, account);
    let offers = super::open_of(app, account.id).await?;
    let open = offers.into_iter().find(|offer| offer.what() == what);
    let choices =
        form.fields.iter().find(|field| field.name == "member").map_or(0, |field| field.options.len());
    Ok(NewPage {
        page: frame.page(request, &format!("Hand over the {}", what.noun())),
        action: frame.path(if what == What::Ownership { "/members/ownership" } else { "/members/contact" }),
        frame,
        what,
        open: open.map(|offer| Open {
            id: offer.id,
            to: offer.to_name.clone(),
            until: moment(&offer.expires_at),
        }),
        nobody: choices == 0,
        form,
    })
}

async fn new(app: &App, request: &HttpRequest, who: &SignedIn, account: &Account, what: What) -> WebResult {
    let candidates = super::candidates(app, account, what).await?;
    let form = OfferForm::default().draw(what, account, who.person, &candidates);
    pages::ok(&new_page(app, request, account, what, form).await?)
}

async fn create(
    app: &App,
    request: &HttpRequest,
    who: &SignedIn,
    account: &Account,
    what: What,
    typed: &OfferForm,
) -> WebResult {
    let candidates = super::candidates(app, account, what).await?;
    let form = typed.draw(what, account, who.person, &candidates);
    let to = match typed.parse(what, account, form) {
        Ok(to) => to,
        Err(form) => return pages::unprocessable(&new_page(app, request, account, what, form).await?),
    };
    let refusal = match super::offer(app, who, account.id, what, to).await? {
        Offered::Sent => {
            flash::success(request, "The offer is on its way. It can be accepted for seven days.");
            return Ok(see_other(&account.path("/members")));
        }
        Offered::Taken => {
            flash::success(request, "You are the point of contact now.");
            return Ok(see_other(&account.path("/members")));
        }
        Offered::HasIt => "They have it already.",
        Offered::NoMember => "They are not a member of the account any more.",
        Offered::Waits => "An offer waits for an answer. Withdraw it before you make another.",
    };
    let mut form = typed.draw(what, account, who.person, &candidates);
    form.fail("member", refusal);
    pages::unprocessable(&new_page(app, request, account, what, form).await?)
}

/// `GET /accounts/{account}/members/ownership`
pub async fn new_ownership(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentChanger<Manages>,
) -> WebResult {
    new(&app, &request, &who, &who.account, What::Ownership).await
}

/// `POST /accounts/{account}/members/ownership`
pub async fn offer_ownership(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentChanger<Manages>,
    typed: web::Form<OfferForm>,
) -> WebResult {
    create(&app, &request, &who, &who.account, What::Ownership, &typed).await
}

/// To members who are neither owner nor point of contact the page is not there.
fn may_offer_contact(who: &Member<Sees>) -> Result<(), AppError> {
    if What::Contact.may_be_offered_by(&who.account, who.person) { Ok(()) } else { Err(AppError::NotFound) }
}

/// `GET /accounts/{account}/members/contact`
pub async fn new_contact(app: web::Data<App>, request: HttpRequest, who: Member<Sees>) -> WebResult {
    may_offer_contact(&who)?;
    new(&app, &request, &who, &who.account, What::Contact).await
}

/// `POST /accounts/{account}/members/contact`
pub async fn offer_contact(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    typed: web::Form<OfferForm>,
) -> WebResult {
    may_offer_contact(&who)?;
    create(&app, &request, &who, &who.account, What::Contact, &typed).await
}

#[derive(askama::Template)]
#[template(path = "accounts/handovers/show.html")]
struct ShowPage {
    page: Page,
    frame: Frame,
    offer: Offer,
    what: What,
    /// Whether it can be accepted: nobody takes over what is being closed.
    acceptable: bool,
    until: String,
    action: String,
}

/// `GET /accounts/{account}/members/handovers/{handover}`
pub async fn show(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    path: web::Path<(AccountId, HandoverId)>,
) -> WebResult {
    let offer = super::find(&app, who.account.id, path.1, who.person).await?;
    let frame = Frame::of(&request, &who.account);
    let what = offer.what();
    pages::ok(&ShowPage {
        page: frame.page(&request, &format!("Offer: {}", what.noun())),
        action: frame.path(&format!("/members/handovers/{}", offer.id)),
        acceptable: what == What::Contact || !frame.is_on_its_way_out(),
        frame,
        what,
        until: moment(&offer.expires_at),
        offer,
    })
}

/// `POST /accounts/{account}/members/handovers/{handover}/acceptance`
pub async fn accept(
    app: web::Data<App>,
    request: HttpRequest,
    who: RecentMember<Sees>,
    path: web::Path<(AccountId, HandoverId)>,
) -> WebResult {
    let what = super::accept(&app, &who, who.account.id, path.1).await?;
    flash::success(
        &request,
        match what {
            What::Ownership => "The account is yours now.",
            What::Contact => "You are the point of contact now.",
        },
    );
    Ok(see_other(&who.account.path("")))
}

/// `POST /accounts/{account}/members/handovers/{handover}/refusal`
pub async fn decline(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    path: web::Path<(AccountId, HandoverId)>,
) -> WebResult {
    super::decline(&app, &who, who.account.id, path.1).await?;
    flash::success(&request, "You declined the offer. Everything stays as it is.");
    Ok(see_other(&who.account.path("")))
}

/// `POST /accounts/{account}/members/handovers/{handover}/withdrawal`
pub async fn withdraw(
    app: web::Data<App>,
    request: HttpRequest,
    who: Member<Sees>,
    path: web::Path<(AccountId, HandoverId)>,
) -> WebResult {
    super::withdraw(&app, &who, who.account.id, path.1).await?;
    flash::success(&request, "The offer was withdrawn.");
    Ok(see_other(&who.account.path("/members")))
}
