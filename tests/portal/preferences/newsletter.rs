//! The newsletter for anybody.
