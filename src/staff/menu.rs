//! The menu of the console: the desks, in the order in which they stand there.

use super::permissions::Permission;

/// The desks of the console and the permission that each takes.
const DESKS: &[(&str, &str, Permission)] = &[
    ("/staff", "Overview", Permission::EnterConsole),
    ("/staff/appeals", "Appeals", Permission::DecideAppeals),
    ("/staff/suspensions", "Suspensions", Permission::ReadSuspensions),
    ("/staff/requests", "Requests", Permission::WorkOnRequests),
    ("/staff/disputes", "Disputes", Permission::WorkOnRequests),
    ("/staff/closures", "Closures", Permission::WorkOnRequests),
    ("/staff/invoices", "Invoices", Permission::WorkOnRequests),
    ("/staff/subscriber-records", "Subscriber records", Permission::SeeSubscriberRecords),
    ("/staff/disclosures", "Disclosures", Permission::RecordDisclosures),
    ("/staff/holds", "Holds", Permission::HoldData),
    ("/staff/data-map", "Data map", Permission::ReadDataMap),
    ("/staff/sub-processors", "Sub-processors", Permission::KeepSubProcessors),
    ("/staff/alerts", "Alerts", Permission::AnswerAlerts),
    ("/staff/rules", "Rules", Permission::TuneRules),
    ("/staff/people", "People", Permission::LookUpPeople),
    ("/staff/contacts", "Contacts", Permission::ServeContacts),
    ("/staff/onboarding-calls", "Calls", Permission::CallNewCustomers),
    ("/staff/jobs", "Jobs", Permission::RunOperations),
    ("/staff/messages", "Messages", Permission::RunOperations),
    ("/staff/sales", "Sales", Permission::AnswerSales),
    ("/staff/events", "Events", Permission::PublishOffers),
    ("/staff/white-papers", "White papers", Permission::PublishOffers),
    ("/staff/surveys", "Surveys", Permission::PublishOffers),
    ("/staff/statistics", "Statistics", Permission::ReadStatistics),
    ("/staff/reports", "Reports", Permission::ReadReports),
    ("/staff/audit", "Audit log", Permission::ReadAuditLog),
    ("/staff/campaigns", "Campaigns", Permission::PlanCampaigns),
    ("/staff/partners", "Partners", Permission::PlanCampaigns),
    ("/staff/team", "Team", Permission::ManageStaff),
];

/// The desks that these roles, as stored, may open: address and label, in the order of the console.
pub fn desks(roles: &[String]) -> Vec<(&'static str, &'static str)> {
    DESKS
        .iter()
        .filter(|(.., permission)| permission.granted_to(roles))
        .map(|(path, label, _)| (*path, *label))
        .collect()
}
