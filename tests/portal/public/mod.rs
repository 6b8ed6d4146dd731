//! What anybody may read and answer.

mod events;
mod sales_contact;
mod surveys;
mod transparency;
mod white_papers;
