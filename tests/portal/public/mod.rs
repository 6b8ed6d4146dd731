//! What anybody may read and answer.

mod events;
mod robots;
mod sales_contact;
mod sales_training;
mod surveys;
mod transparency;
mod white_papers;
