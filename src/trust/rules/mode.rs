//! What a version of a rule may do.

/// What a version may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Nothing, for good.
    Retired,
    /// Nothing; what it would have done is noted.
    Shadow,
    /// Asks a person.
    Review,
    /// Restricts.
    Enforce,
}

impl Mode {
    /// Every mode.
    pub const ALL: [Self; 4] = [Self::Shadow, Self::Review, Self::Enforce, Self::Retired];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retired => "retired",
            Self::Shadow => "shadow",
            Self::Review => "review",
            Self::Enforce => "enforce",
        }
    }

    /// Reads a mode as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.as_str() == text)
    }

    /// What it is called on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Retired => "Retired",
            Self::Shadow => "Shadow",
            Self::Review => "Review",
            Self::Enforce => "Enforce",
        }
    }

    /// What it means.
    pub fn about(self) -> &'static str {
        match self {
            Self::Retired => "It does nothing any more.",
            Self::Shadow => "It is noted what it would have done; nobody is touched.",
            Self::Review => "It asks a person, who decides.",
            Self::Enforce => "It restricts accounts by itself.",
        }
    }

    /// The kind of badge that it is shown with.
    pub fn badge(self) -> &'static str {
        match self {
            Self::Retired => "",
            Self::Shadow => "info",
            Self::Review => "warning",
            Self::Enforce => "danger",
        }
    }
}
