//! What a member of an account may do there: the owner everything, others by their role. One table, which the
//! guards of the pages and the pages themselves read.

/// What somebody is in an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRole {
    /// Whose it is; exactly one.
    Owner,
    /// Works with its API.
    Developer,
    /// Pays for it.
    Billing,
    /// Answers for the data in it.
    Privacy,
}

impl AccountRole {
    /// The roles that somebody can be invited to.
    pub const MEMBERS: [Self; 3] = [Self::Developer, Self::Billing, Self::Privacy];

    /// As it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Developer => "developer",
            Self::Billing => "billing",
            Self::Privacy => "privacy",
        }
    }

    /// Reads the role of a member as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner].into_iter().chain(Self::MEMBERS).find(|role| role.as_str() == text)
    }

    /// What it is called on a page.
    pub fn label(self) -> &'static str {
        match self {
            Self::Owner => "Owner",
            Self::Developer => "Developer",
            Self::Billing => "Billing",
            Self::Privacy => "Privacy",
        }
    }

    /// What somebody with it does, for whoever gives it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Owner => "may do everything and answers for the account",
            Self::Developer => "makes and revokes credentials, reads the request log",
            Self::Billing => "sees the account, its invoices and what storage costs",
            Self::Privacy => "serves the people in the content, its storage and subscriber records",
        }
    }
}

/// Something that only some members may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccountRight {
    /// See the account, its state and who is in it.
    See,
    /// Rename it, invite and remove members, hand it over.
    Manage,
    /// Make, show and revoke credentials.
    ManageCredentials,
    /// Read the request log.
    ReadRequestLog,
    /// See the invoices.
    SeeInvoices,
    /// See how long content is kept and what that costs.
    SeeStorage,
    /// Decide how long content is kept.
    DecideStorage,
    /// Find people in the content, export, restrict and delete what is kept about them.
    ServeEndUsers,
    /// Say who uses a number, where a local law asks for that, and see what was said.
    KeepSubscriberRecords,
}

impl AccountRight {
    /// The table.
    pub fn roles(self) -> &'static [AccountRole] {
        use AccountRole::{Billing, Developer, Owner, Privacy};
        match self {
            Self::See => &[Owner, Developer, Billing, Privacy],
            Self::Manage => &[Owner],
            Self::ManageCredentials | Self::ReadRequestLog => &[Owner, Developer],
            Self::SeeInvoices => &[Owner, Billing],
            Self::SeeStorage => &[Owner, Billing, Privacy],
            Self::DecideStorage | Self::ServeEndUsers | Self::KeepSubscriberRecords => &[Owner, Privacy],
        }
    }

    /// Whether this role has it.
    pub fn granted_to(self, role: AccountRole) -> bool {
        self.roles().contains(&role)
    }
}

/// A right as a type, for `Member<Sees>`.
pub trait Right: 'static {
    /// The right that is needed.
    const RIGHT: AccountRight;
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident => $right:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Copy, Debug)]
            pub struct $name;
            impl Right for $name {
                const RIGHT: AccountRight = AccountRight::$right;
            }
        )*
    };
}

rights! {
    /// For `Member<Sees>`.
    Sees => See;
    /// For `Member<Manages>`.
    Manages => Manage;
    /// For `Member<ManagesCredentials>`.
    ManagesCredentials => ManageCredentials;
    /// For `Member<ReadsRequestLog>`.
    ReadsRequestLog => ReadRequestLog;
    /// For `Member<SeesInvoices>`.
    SeesInvoices => SeeInvoices;
    /// For `Member<SeesStorage>`.
    SeesStorage => SeeStorage;
    /// For `Member<DecidesStorage>`.
    DecidesStorage => DecideStorage;
    /// For `Member<ServesEndUsers>`.
    ServesEndUsers => ServeEndUsers;
    /// For `Member<KeepsSubscriberRecords>`.
    KeepsSubscriberRecords => KeepSubscriberRecords;
}

/// The pages of an account and the right that each takes: what follows the account's own address, and its label.
const PAGES: [(&str, &str, AccountRight); 9] = [
    ("", "Overview", AccountRight::See),
    ("/members", "Members", AccountRight::See),
    ("/credentials", "Credentials", AccountRight::ManageCredentials),
    ("/requests", "Requests", AccountRight::ReadRequestLog),
    ("/storage", "Storage", AccountRight::SeeStorage),
    ("/invoices", "Invoices", AccountRight::SeeInvoices),
    ("/end-users", "End users", AccountRight::ServeEndUsers),
    ("/subscriber-records", "Subscriber records", AccountRight::KeepSubscriberRecords),
    ("/activity", "Activity", AccountRight::See),
];

/// The pages that this role may open: what follows the account's own address, and the label.
pub fn pages(role: AccountRole) -> Vec<(&'static str, &'static str)> {
    PAGES
        .iter()
        .filter(|(.., right)| right.granted_to(role))
        .map(|(path, label, _)| (*path, *label))
        .collect()
}
