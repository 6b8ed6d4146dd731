//! What anybody may read and answer.
