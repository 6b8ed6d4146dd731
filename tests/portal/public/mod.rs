//! What anybody may read and answer.

mod events;
mod robots;
mod sales_contact;
mod surveys;
mod transparency;
mod white_papers;
