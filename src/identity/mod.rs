//! Who is signing in.
