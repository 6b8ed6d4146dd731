//! What anybody may read and answer.

mod events;
mod sales_contact;
mod surveys;
mod white_papers;
