//! What we may send to somebody and call them about, which is their decision alone (S41, S42, S82–S86), and what we
//! may track.
//!
//! A contact is an address, of a customer or not. About each topic its owner decides by a row that is
//! never changed; what holds at present follows from the rows and is kept beside them by the database
//! as they are written. Whoever mails asks `mailable_contacts(topic, now)` when a mailing is queued and
//! again just before each message leaves. Suppressions are about mailboxes, whatever their owner chose.
//!
//! - [`contacts`]: find or make one, claim it for a person, delete it; [`moves`]: move it to another address;
//!   `spellings`: one that was kept by an earlier spelling
//! - [`topics`]: what there is to choose, in the words that people read
//! - [`decisions`]: write a decision, read what holds and what was decided
//! - [`words`]: a decision as its owner and staff read it
//! - [`sign_up`]: what the boxes of sign-up decide
//! - [`suppressions`]: mailboxes that get no marketing mail; [`opt_outs`]: who opted out lately, for a
//!   restored backup; [`refusals`]: who refused calls or tracking, for the same
//! - [`campaigns`]: mailings to many: writing, approval, sending, results
//! - [`partners`]: who may get an address for marketing of their own, which takes a yes to each of them
//! - [`mail_reports`]: what came back and what was reported as unwanted
//! - [`links`]: what stands under a mailing, sealed, without an end
//! - [`newsletter`]: the newsletter for anybody, with proof by mail
//! - [`cookies`]: the register of cookies and the choice
//! - [`signals`]: Global Privacy Control
//! - [`statistics`]: which pages are looked at, by browsers that agreed
//! - [`foot`]: the link to all choices under any other mail
//! - [`choices`]: the page of choices, signed in or by a link
//! - [`unsubscribe`]: the page of one button and the one-click form of mail programs
//! - [`undo`]: a 'no' taken back
//! - [`contact_data`]: what we hold about a contact, to see and to delete, confirmed from the mailbox
//! - [`contact_desk`]: one address at the desk of staff, with a reason: decisions, and what keeps mailings away
//! - [`onboarding`]: whom staff may call

pub mod campaigns;
pub mod choices;
pub mod contact_data;
pub mod contact_desk;
pub mod contacts;
pub mod cookies;
pub mod decisions;
pub mod foot;
pub mod links;
pub mod mail_reports;
pub mod moves;
pub mod newsletter;
pub mod onboarding;
pub mod opt_outs;
pub mod partners;
pub mod refusals;
pub mod sign_up;
pub mod signals;
mod spellings;
pub mod statistics;
pub mod suppressions;
pub mod topics;
pub mod undo;
pub mod unsubscribe;
pub mod words;
