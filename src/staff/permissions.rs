//! The permission table: which role may do what. One place, and one test that walks it.

use chrono::NaiveDate;
use clap::ValueEnum;

use crate::platform::web::guards::Right;
use crate::staff::undertaking;

/// A role of a member of staff.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Role {
    /// Decides appeals against suspensions.
    Reviewer,
    /// Works on requests about data.
    Privacy,
    /// Helps customers.
    Support,
    /// Plans mailings.
    Marketing,
    /// Manages staff and operations.
    Admin,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Reviewer, Self::Privacy, Self::Support, Self::Marketing, Self::Admin];

    /// As it is stored and shown.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reviewer => "reviewer",
            Self::Privacy => "privacy",
            Self::Support => "support",
            Self::Marketing => "marketing",
            Self::Admin => "admin",
        }
    }

    /// Reads a role as it is stored.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// What somebody with it does, for whoever gives it.
    pub fn about(self) -> &'static str {
        match self {
            Self::Reviewer => "decides appeals against suspensions",
            Self::Privacy => "works on requests about data, reads the audit log",
            Self::Support => "helps customers",
            Self::Marketing => "plans mailings",
            Self::Admin => "manages staff and operations",
        }
    }
}

/// Something that only some roles may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// Open the console.
    EnterConsole,
    /// Look a person up and open their record with a reason.
    LookUpPeople,
    /// See which new customers may be called.
    CallNewCustomers,
    /// See dead jobs and undelivered messages, and try them again.
    RunOperations,
    /// Read the audit log.
    ReadAuditLog,
    /// Invite and remove staff.
    ManageStaff,
    /// See how often pages are looked at.
    ReadStatistics,
    /// Publish events, white papers and surveys, and see who answers.
    PublishOffers,
    /// Read what people write to the sales team, and note that it is answered.
    AnswerSales,
    /// Write, approve and send campaigns; propose and publish partners, and hand them addresses whose owners said yes.
    PlanCampaigns,
    /// Work on requests about personal data, and answer for the invoices of accounts that are gone.
    WorkOnRequests,
    /// Place, approve and release holds on data.
    HoldData,
    /// See every table on the data map, and how much is in it.
    ReadDataMap,
    /// Keep the register of who works for us with data about people: propose, and publish what somebody else proposed.
    KeepSubProcessors,
    /// Read how requests, disputes and the like were decided, and how long that took.
    ReadReports,
    /// Look one address up with a reason: what was decided about mailings; suppress it, and lift what staff or servers made.
    ServeContacts,
    /// See what was decided about accounts.
    ReadSuspensions,
    /// Warn and suspend accounts.
    SuspendAccounts,
    /// Decide appeals, and lift suspensions.
    DecideAppeals,
    /// Write rules, and with a second person let them do more.
    TuneRules,
    /// Decide what a rule asks.
    AnswerAlerts,
    /// See, with a reason, who uses a number where a local law asks for that; accept or refuse it, and note who outside saw it.
    SeeSubscriberRecords,
    /// Record what somebody outside asks for or gets of personal data, approve what a colleague recorded, and object.
    RecordDisclosures,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Self; 23] = [
        Self::EnterConsole,
        Self::LookUpPeople,
        Self::CallNewCustomers,
        Self::RunOperations,
        Self::ReadAuditLog,
        Self::ManageStaff,
        Self::ReadStatistics,
        Self::PublishOffers,
        Self::AnswerSales,
        Self::PlanCampaigns,
        Self::WorkOnRequests,
        Self::HoldData,
        Self::ReadDataMap,
        Self::KeepSubProcessors,
        Self::ReadReports,
        Self::ServeContacts,
        Self::ReadSuspensions,
        Self::SuspendAccounts,
        Self::DecideAppeals,
        Self::TuneRules,
        Self::AnswerAlerts,
        Self::SeeSubscriberRecords,
        Self::RecordDisclosures,
    ];

    /// The table.
    pub fn roles(self) -> &'static [Role] {
        use Role::{Admin, Marketing, Privacy, Reviewer, Support};
        match self {
            Self::EnterConsole => &[Reviewer, Privacy, Support, Marketing, Admin],
            Self::LookUpPeople => &[Reviewer, Privacy, Support],
            Self::CallNewCustomers => &[Support],
            Self::ServeContacts => &[Privacy, Support],
            Self::RunOperations | Self::ManageStaff => &[Admin],
            Self::ReadAuditLog | Self::HoldData | Self::KeepSubProcessors => &[Privacy, Admin],
            Self::ReadStatistics => &[Marketing, Admin],
            Self::PublishOffers => &[Marketing],
            Self::AnswerSales => &[Support, Marketing],
            Self::PlanCampaigns => &[Marketing],
            Self::WorkOnRequests
            | Self::ReadDataMap
            | Self::SeeSubscriberRecords
            | Self::RecordDisclosures => &[Privacy],
            Self::ReadReports => &[Reviewer, Privacy, Admin],
            Self::ReadSuspensions => &[Reviewer, Support, Admin],
            Self::SuspendAccounts => &[Support, Admin],
            Self::DecideAppeals => &[Reviewer],
            Self::TuneRules => &[Support, Admin],
            Self::AnswerAlerts => &[Support, Reviewer],
        }
    }

    /// Whether it reaches what customers keep with us, or what we know of people. Nobody uses it who has not agreed to keep
    /// that confidential (S157). The others show figures, and who is on the team.
    pub fn is_confidential(self) -> bool {
        match self {
            Self::EnterConsole
            | Self::ManageStaff
            | Self::ReadStatistics
            | Self::ReadDataMap
            | Self::KeepSubProcessors
            | Self::ReadReports => false,
            Self::LookUpPeople
            | Self::CallNewCustomers
            | Self::RunOperations
            | Self::ReadAuditLog
            | Self::PublishOffers
            | Self::AnswerSales
            | Self::PlanCampaigns
            | Self::WorkOnRequests
            | Self::HoldData
            | Self::ServeContacts
            | Self::ReadSuspensions
            | Self::SuspendAccounts
            | Self::DecideAppeals
            | Self::TuneRules
            | Self::AnswerAlerts
            | Self::SeeSubscriberRecords
            | Self::RecordDisclosures => true,
        }
    }

    /// Whether somebody may use it who has agreed to this version of the undertaking, or to none.
    pub fn is_open(self, undertaking: Option<NaiveDate>) -> bool {
        !self.is_confidential() || undertaking::binds(undertaking)
    }

    /// The first role among these, as stored, that has the permission: the one in which somebody acts.
    pub fn role_among(self, roles: &[String]) -> Option<Role> {
        self.roles().iter().copied().find(|role| roles.iter().any(|held| held == role.as_str()))
    }

    /// Whether one of these roles, as stored, has the permission.
    pub fn granted_to(self, roles: &[String]) -> bool {
        self.role_among(roles).is_some()
    }
}

macro_rules! rights {
    ($($(#[$doc:meta])* $name:ident => $permission:ident;)*) => {
        $(
            $(#[$doc])*
            #[derive(Clone, Debug)]
            pub struct $name;
            impl Right for $name {
                fn granted(roles: &[String]) -> bool {
                    Permission::$permission.granted_to(roles)
                }

                fn is_open(undertaking: Option<NaiveDate>) -> bool {
                    Permission::$permission.is_open(undertaking)
                }
            }
        )*
    };
}

rights! {
    /// For `Staff<EntersConsole>`.
    EntersConsole => EnterConsole;
    /// For `Staff<LooksUpPeople>`.
    LooksUpPeople => LookUpPeople;
    /// For `Staff<CallsNewCustomers>`.
    CallsNewCustomers => CallNewCustomers;
    /// For `Staff<RunsOperations>`.
    RunsOperations => RunOperations;
    /// For `Staff<ReadsAuditLog>`.
    ReadsAuditLog => ReadAuditLog;
    /// For `Staff<ManagesStaff>`.
    ManagesStaff => ManageStaff;
    /// For `Staff<ReadsStatistics>`.
    ReadsStatistics => ReadStatistics;
    /// For `Staff<PublishesOffers>`.
    PublishesOffers => PublishOffers;
    /// For `Staff<AnswersSales>`.
    AnswersSales => AnswerSales;
    /// For `Staff<PlansCampaigns>`.
    PlansCampaigns => PlanCampaigns;
    /// For `Staff<WorksOnRequests>`.
    WorksOnRequests => WorkOnRequests;
    /// For `Staff<HoldsData>`.
    HoldsData => HoldData;
    /// For `Staff<ReadsDataMap>`.
    ReadsDataMap => ReadDataMap;
    /// For `Staff<KeepsSubProcessors>`.
    KeepsSubProcessors => KeepSubProcessors;
    /// For `Staff<ReadsReports>`.
    ReadsReports => ReadReports;
    /// For `Staff<ServesContacts>`.
    ServesContacts => ServeContacts;
    /// For `Staff<ReadsSuspensions>`.
    ReadsSuspensions => ReadSuspensions;
    /// For `RecentStaff<SuspendsAccounts>`.
    SuspendsAccounts => SuspendAccounts;
    /// For `Staff<DecidesAppeals>`.
    DecidesAppeals => DecideAppeals;
    /// For `Staff<TunesRules>`.
    TunesRules => TuneRules;
    /// For `Staff<AnswersAlerts>`.
    AnswersAlerts => AnswerAlerts;
    /// For `Staff<SeesSubscriberRecords>`.
    SeesSubscriberRecords => SeeSubscriberRecords;
    /// For `Staff<RecordsDisclosures>`.
    RecordsDisclosures => RecordDisclosures;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_has_agreed_to_nothing_or_to_an_older_text_reaches_nobodys_data() {
        let current = undertaking::current().since;
        for right in Permission::ALL {
            let without = !right.is_confidential();
            assert_eq!(right.is_open(None), without, "{right:?}");
            assert_eq!(right.is_open(current.pred_opt()), without, "{right:?}");
            assert!(right.is_open(Some(current)), "{right:?}");
        }
    }
}
