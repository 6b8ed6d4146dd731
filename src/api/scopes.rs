//! What a credential may do. The auth token of an account may do everything; an API key has the
//! scopes that were chosen when it was made (S57).

/// Something that a program may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Read claims.
    ReadClaims,
    /// Create, change and delete claims.
    WriteClaims,
    /// Read communications.
    ReadCommunications,
    /// Create, change and delete communications.
    WriteCommunications,
    /// Find people in the content and see all that is kept about them.
    ReadEndUsers,
    /// Restrict and delete all that is kept about somebody.
    WriteEndUsers,
    /// Read how long content is kept.
    ReadStorage,
    /// Decide how long content is kept.
    WriteStorage,
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 8] = [
        Self::ReadClaims,
        Self::WriteClaims,
        Self::ReadCommunications,
        Self::WriteCommunications,
        Self::ReadEndUsers,
        Self::WriteEndUsers,
        Self::ReadStorage,
        Self::WriteStorage,
    ];

    /// As it is stored, shown and documented.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ReadClaims => "claims:read",
            Self::WriteClaims => "claims:write",
            Self::ReadCommunications => "communications:read",
            Self::WriteCommunications => "communications:write",
            Self::ReadEndUsers => "end-users:read",
            Self::WriteEndUsers => "end-users:write",
            Self::ReadStorage => "storage:read",
            Self::WriteStorage => "storage:write",
        }
    }

    /// Reads a scope as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text)
    }

    /// Whether it allows changes. A request that only reads is one whatever its method: some say in a body what
    /// they read, because it must not stand in an address.
    pub fn writes(self) -> bool {
        match self {
            Self::ReadClaims | Self::ReadCommunications | Self::ReadEndUsers | Self::ReadStorage => false,
            Self::WriteClaims | Self::WriteCommunications | Self::WriteEndUsers | Self::WriteStorage => true,
        }
    }

    /// What it allows, for whoever gives it.
    pub fn about(self) -> &'static str {
        match self {
            Self::ReadClaims => "read, list and export claims",
            Self::WriteClaims => "create, import, change and delete claims",
            Self::ReadCommunications => "read and list communications",
            Self::WriteCommunications => "create, change and delete communications",
            Self::ReadEndUsers => "find a person and export all that is kept about them",
            Self::WriteEndUsers => "restrict and delete all that is kept about a person",
            Self::ReadStorage => "see how long content is kept",
            Self::WriteStorage => "decide how long content is kept",
        }
    }
}

/// A scope as a type, for `ApiClient<ReadsClaims>`.
pub trait Needs: 'static {
    /// The scope that is needed; nothing where every credential of the account will do.
    const SCOPE: Option<Scope>;
}

/// For `ApiClient<AnyScope>`: every credential of the account will do.
#[derive(Clone, Copy, Debug)]
pub struct AnyScope;
impl Needs for AnyScope {
    const SCOPE: Option<Scope> = None;
}

macro_rules! needs {
    ($($(#[$doc:meta])* $name:ident => $scope:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl Needs for $name {
                const SCOPE: Option<Scope> = Some(Scope::$scope);
            }
        )*
    };
}

needs! {
    /// For `ApiClient<ReadsClaims>`.
    ReadsClaims => ReadClaims;
    /// For `ApiClient<WritesClaims>`.
    WritesClaims => WriteClaims;
    /// For `ApiClient<ReadsCommunications>`.
    ReadsCommunications => ReadCommunications;
    /// For `ApiClient<WritesCommunications>`.
    WritesCommunications => WriteCommunications;
    /// For `ApiClient<ReadsEndUsers>`.
    ReadsEndUsers => ReadEndUsers;
    /// For `ApiClient<WritesEndUsers>`.
    WritesEndUsers => WriteEndUsers;
    /// For `ApiClient<ReadsStorage>`.
    ReadsStorage => ReadStorage;
    /// For `ApiClient<WritesStorage>`.
    WritesStorage => WriteStorage;
}
