//! What people may ask of us.

mod rows;
