//! The site map: every URL with its guard and its handler. The guard named here is the extractor
//! that the handler takes; a test walks every route as every kind of visitor and compares.

mod scopes;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse, web};

use self::scopes::{Scopes, names_by_stem, parted};
use crate::accounts::permissions::AccountRight;
use crate::accounts::{account, closure, handovers, invitations, invoices, members, subscriber_records};
use crate::accounts::{api_keys, auth_token, credentials, leak_desk, request_log};
use crate::api::scopes::Scope;
use crate::content::{claims, communications, end_users, storage};
use crate::identity::{account_recovery, passkeys};
use crate::identity::{
    activity, email_change, overview, password_change, password_reset, phone_change, profile, sessions,
};
use crate::identity::{reauthentication, recovery_codes, security_events, sign_in, sign_up, totp};
use crate::platform::development;
use crate::platform::error::AppError;
use crate::platform::web::{assets, health};
use crate::preferences::campaigns::desk;
use crate::preferences::partners::desk as partners_desk;
use crate::preferences::{
    choices, contact_data, contact_desk, cookies, mail_reports, newsletter, onboarding, signals, statistics,
    unsubscribe,
};
use crate::privacy::{
    categories, data_map, data_requests, disclosures, disputes, exports, notice, receipts, schedule,
    sub_processors, your_data,
};
use crate::public::{events, surveys, transparency, white_papers};
use crate::retention::holds;
use crate::support::sales_contact;
use crate::trust::{alerts, appeals, rules, suspensions};
use crate::{accounts, api, public, staff};

/// Who may use a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guard {
    /// Anybody.
    Anyone,
    /// Anybody with the link that was made for it.
    LinkHolder,
    /// Somebody who is signed in, a member of staff with a second factor.
    SignedIn,
    /// Signed in, with or without a factor.
    SessionHolder,
    /// Signed in and re-authenticated in the last five minutes.
    Reauthenticated,
    /// Re-authenticated; staff may still lack the factor.
    Enrolling,
    /// A member of the account in the path with this right.
    Member(AccountRight),
    /// As `Member`, and re-authenticated.
    RecentMember(AccountRight),
    /// As `Member`, where the account is not on its way out: it is read-only then (S163).
    Changer(AccountRight),
    /// As `Changer`, and re-authenticated.
    RecentChanger(AccountRight),
    /// A program with a credential of the account in the path that has this scope.
    Api(Scope),
    /// A program with any credential of the account in the path.
    AnyProgram,
    /// Staff with this right.
    Staff(staff::permissions::Permission),
    /// Staff with this right, re-authenticated in the last five minutes.
    RecentStaff(staff::permissions::Permission),
}

/// One row of the site map.
#[derive(Clone, Debug)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path with `{placeholders}`.
    pub path: &'static str,
    /// Who may use it.
    pub guard: Guard,
}

fn method(name: &str) -> Method {
    Method::from_bytes(name.as_bytes()).expect("a method")
}

macro_rules! site_map {
    ($name:ident, $configure:ident: $($method:ident $path:literal $guard:expr => $handler:path;)*) => {
        /// Rows of the site map.
        pub fn $name() -> Vec<Route> {
            use Guard::*;
            #[allow(unused_imports, reason = "not every map has rows for staff")]
            use staff::permissions::Permission::*;
            #[allow(unused_imports, reason = "not every map has rows for programs")]
            use Scope::*;
            #[allow(unused_imports, reason = "not every map has rows for members")]
            use AccountRight::*;
            vec![$(Route { method: method(stringify!($method)), path: $path, guard: $guard }),*]
        }

        fn $configure(scopes: &mut Scopes) {
            let names = names_by_stem(&[$($path),*]);
            // Whole paths first.
            $(if !$path.contains('{') {
                scopes.add(method(stringify!($method)), $path, &names, web::to($handler));
            })*
            $(if $path.contains('{') {
                scopes.add(method(stringify!($method)), $path, &names, web::to($handler));
            })*
        }
    };
}

site_map! { routes, configure_routes:
    GET  "/privacy/your-data" SignedIn => your_data::web::show;
    GET  "/privacy/your-data/categories" SignedIn => categories::mine;
    GET  "/privacy/receipts" SignedIn => receipts::web::index;
    GET  "/privacy/receipts/{receipt}" SignedIn => receipts::web::show;
    GET  "/privacy/receipts/{receipt}/file" SignedIn => receipts::web::fetch;
    GET  "/.well-known/receipt-keys.json" Anyone => receipts::keys::show;
    GET  "/privacy/disclosures" SignedIn => disclosures::own::show;
    GET  "/privacy/disputes" Anyone => disputes::web::index;
    GET  "/privacy/disputes/new" Anyone => disputes::web::new;
    POST "/privacy/disputes/new" Anyone => disputes::web::create;
    GET  "/privacy/disputes/sent" Anyone => disputes::public::sent;
    GET  "/privacy/disputes/links/{token}" LinkHolder => disputes::public::show;
    POST "/privacy/disputes/links/{token}/proof" LinkHolder => disputes::public::prove;
    POST "/privacy/disputes/links/{token}/messages" LinkHolder => disputes::public::write;
    GET  "/privacy/disputes/links/{token}/files/{file}" LinkHolder => disputes::public::file;
    POST "/privacy/disputes/links/{token}/withdrawal" LinkHolder => disputes::public::withdraw;
    GET  "/privacy/disputes/{dispute}" SignedIn => disputes::web::show;
    POST "/privacy/disputes/{dispute}/messages" SignedIn => disputes::web::write;
    GET  "/privacy/disputes/{dispute}/files/{file}" SignedIn => disputes::web::file;
    POST "/privacy/disputes/{dispute}/withdrawal" SignedIn => disputes::web::withdraw;
    GET  "/privacy/categories" Anyone => categories::show;
    GET  "/privacy/retention" Anyone => schedule::show;
    GET  "/privacy/sharing" Anyone => disclosures::sharing::show;
    GET  "/privacy/exports" SignedIn => exports::web::index;
    POST "/privacy/exports" Reauthenticated => exports::web::create;
    GET  "/privacy/exports/new" Reauthenticated => exports::web::new;
    GET  "/privacy/exports/{export}" SignedIn => exports::web::show;
    GET  "/privacy/exports/{export}/file" Reauthenticated => exports::web::fetch;
    GET  "/privacy/exports/{export}/end" SignedIn => exports::web::confirm_end;
    POST "/privacy/exports/{export}/end" SignedIn => exports::web::end;

    GET  "/" Anyone => public::home;
    GET  "/terms" Anyone => public::terms;
    GET  "/privacy" Anyone => notice::show;
    GET  "/sub-processors" Anyone => sub_processors::public::show;
    GET  "/sub-processors.atom" Anyone => sub_processors::public::feed;
    GET  "/transparency" Anyone => transparency::web::show;
    GET  "/end-users" Anyone => public::end_users;
    GET  "/healthz" Anyone => health::alive;
    GET  "/readyz" Anyone => health::ready;
    GET  "/favicon.ico" Anyone => assets::favicon;
    GET  "/static/{name:.*}" Anyone => assets::show;
    GET  "/robots.txt" Anyone => public::robots;
    GET  "/.well-known/security.txt" Anyone => public::security_txt;
    GET  "/.well-known/change-password" Anyone => public::change_password;
    GET  "/.well-known/gpc.json" Anyone => signals::gpc;

    GET  "/cookies" Anyone => cookies::web::show;
    POST "/cookies" Anyone => cookies::web::update;
    GET  "/newsletter" Anyone => newsletter::web::new;
    POST "/newsletter" Anyone => newsletter::web::create;
    GET  "/newsletter/sent" Anyone => newsletter::web::sent;
    GET  "/newsletter/{token}" LinkHolder => newsletter::web::show;
    POST "/newsletter/{token}" LinkHolder => newsletter::web::confirm;
    GET  "/events" Anyone => events::web::index;
    GET  "/events/registrations/{token}" LinkHolder => events::registrations::show;
    POST "/events/registrations/{token}/confirmation" LinkHolder => events::registrations::confirm;
    POST "/events/registrations/{token}/cancellation" LinkHolder => events::registrations::cancel;
    GET  "/events/{event}" Anyone => events::web::show;
    POST "/events/{event}" Anyone => events::web::register;
    GET  "/events/{event}/calendar.ics" Anyone => events::web::calendar;
    GET  "/white-papers" Anyone => white_papers::web::index;
    GET  "/white-papers/documents/{token}" LinkHolder => white_papers::web::document;
    GET  "/white-papers/{paper}" Anyone => white_papers::web::show;
    POST "/white-papers/{paper}" Anyone => white_papers::web::create;
    GET  "/surveys" Anyone => surveys::web::index;
    GET  "/surveys/answers/deleted" Anyone => surveys::web::deleted;
    GET  "/surveys/answers/{token}" LinkHolder => surveys::web::show_answers;
    POST "/surveys/answers/{token}/deletion" LinkHolder => surveys::web::delete_answers;
    GET  "/surveys/{survey}" Anyone => surveys::web::show;
    POST "/surveys/{survey}" Anyone => surveys::web::create;
    GET  "/contact-sales" Anyone => sales_contact::web::new;
    POST "/contact-sales" Anyone => sales_contact::web::create;
    GET  "/contact-sales/sent" Anyone => sales_contact::web::sent;
    GET  "/contact-sales/{token}" LinkHolder => sales_contact::web::show;
    POST "/contact-sales/{token}" LinkHolder => sales_contact::web::confirm;

    GET  "/sign-up" Anyone => sign_up::web::new;
    POST "/sign-up" Anyone => sign_up::web::create;
    GET  "/sign-up/email" Anyone => sign_up::web::check_mail;
    GET  "/sign-up/email/{token}" LinkHolder => sign_up::web::show_email;
    POST "/sign-up/email/{token}" LinkHolder => sign_up::web::confirm_email;
    GET  "/sign-up/phone" Anyone => sign_up::web::show_phone;
    POST "/sign-up/phone" Anyone => sign_up::web::confirm_phone;
    POST "/sign-up/phone/code" Anyone => sign_up::web::send_code;

    GET  "/sign-in" Anyone => sign_in::web::new;
    POST "/sign-in" Anyone => sign_in::web::create;
    GET  "/sign-in/code" Anyone => sign_in::web::show_code;
    POST "/sign-in/code" Anyone => sign_in::web::check_code;
    POST "/sign-in/passkey/options" Anyone => passkeys::sign_in::options;
    POST "/sign-in/passkey" Anyone => passkeys::sign_in::create;
    POST "/sign-in/code/passkey/options" Anyone => passkeys::sign_in::second_step_options;
    POST "/sign-in/code/passkey" Anyone => passkeys::sign_in::create_second_step;
    GET  "/sign-in/recovery" Anyone => account_recovery::web::new;
    POST "/sign-in/recovery" Anyone => account_recovery::web::create;
    POST "/sign-out" Anyone => sign_in::web::destroy;
    GET  "/reauthentication" SessionHolder => reauthentication::new;
    POST "/reauthentication" SessionHolder => reauthentication::create;
    POST "/reauthentication/passkey/options" SessionHolder => passkeys::sign_in::reauthentication_options;
    POST "/reauthentication/passkey" SessionHolder => passkeys::sign_in::reauthenticate;
    GET  "/account-recovery/{token}" LinkHolder => account_recovery::web::show_completion;
    POST "/account-recovery/{token}" LinkHolder => account_recovery::web::complete;
    GET  "/account-recovery/{token}/cancellation" LinkHolder => account_recovery::web::show_cancellation;
    POST "/account-recovery/{token}/cancellation" LinkHolder => account_recovery::web::cancel;
    GET  "/account-protection/{token}" LinkHolder => security_events::show;
    POST "/account-protection/{token}" LinkHolder => security_events::create;

    GET  "/password-reset" Anyone => password_reset::web::new;
    POST "/password-reset" Anyone => password_reset::web::create;
    GET  "/password-reset/sent" Anyone => password_reset::web::sent;
    GET  "/password-reset/{token}" LinkHolder => password_reset::web::edit;
    POST "/password-reset/{token}" LinkHolder => password_reset::web::update;
    GET  "/email-change/{token}/undo" LinkHolder => email_change::web::show_undo;
    POST "/email-change/{token}/undo" LinkHolder => email_change::web::undo;

    GET  "/settings" SignedIn => overview::show;
    GET  "/settings/profile" SignedIn => profile::edit;
    POST "/settings/profile" SignedIn => profile::update;
    GET  "/settings/email" Reauthenticated => email_change::web::edit;
    POST "/settings/email" Reauthenticated => email_change::web::update;
    GET  "/settings/email/{token}" LinkHolder => email_change::web::show;
    POST "/settings/email/{token}" LinkHolder => email_change::web::confirm;
    GET  "/settings/phone" Reauthenticated => phone_change::edit;
    POST "/settings/phone" Reauthenticated => phone_change::update;
    GET  "/settings/phone/code" Reauthenticated => phone_change::show_code;
    POST "/settings/phone/code" Reauthenticated => phone_change::confirm;
    POST "/settings/phone/code/resend" Reauthenticated => phone_change::resend;
    GET  "/settings/password" Reauthenticated => password_change::edit;
    POST "/settings/password" Reauthenticated => password_change::update;
    GET  "/settings/sessions" SignedIn => sessions::index;
    POST "/settings/sessions/{id}/end" SignedIn => sessions::end;
    POST "/settings/sessions/end-others" SignedIn => sessions::end_all_others;
    GET  "/settings/activity" SignedIn => activity::index;
    GET  "/settings/two-factor" Enrolling => totp::web::show;
    POST "/settings/two-factor" Enrolling => totp::web::create;
    POST "/settings/two-factor/removal" Reauthenticated => totp::web::destroy;
    GET  "/settings/passkeys" Enrolling => passkeys::web::index;
    POST "/settings/passkeys" Enrolling => passkeys::web::create;
    POST "/settings/passkeys/options" Enrolling => passkeys::web::options;
    GET  "/settings/passkeys/{id}" Reauthenticated => passkeys::web::edit;
    POST "/settings/passkeys/{id}" Reauthenticated => passkeys::web::update;
    GET  "/settings/passkeys/{id}/removal" Reauthenticated => passkeys::web::confirm_removal;
    POST "/settings/passkeys/{id}/removal" Reauthenticated => passkeys::web::destroy;
    GET  "/settings/account-recovery" SignedIn => account_recovery::settings::show;
    POST "/settings/account-recovery" Reauthenticated => account_recovery::settings::create;
    POST "/settings/account-recovery/removal" Reauthenticated => account_recovery::settings::destroy;
    POST "/settings/account-recovery/cancellation" SignedIn => account_recovery::settings::cancel;
    GET  "/settings/recovery-codes" Reauthenticated => recovery_codes::show;
    POST "/settings/recovery-codes" Reauthenticated => recovery_codes::create;
    POST "/settings/recovery-codes/file" Reauthenticated => recovery_codes::file;

    GET  "/accounts/{account}/credentials" Member(ManageCredentials) => credentials::web::index;
    POST "/accounts/{account}/credentials/file" RecentMember(ManageCredentials) => credentials::web::file;
    POST "/accounts/{account}/credentials/leak-response" RecentChanger(ManageCredentials) => credentials::web::update_leak_response;
    POST "/accounts/{account}/credentials/auth-token" RecentChanger(ManageCredentials) => auth_token::web::create;
    POST "/accounts/{account}/credentials/auth-token/display" RecentMember(ManageCredentials) => auth_token::web::display;
    GET  "/accounts/{account}/credentials/auth-token/replacement" Member(ManageCredentials) => auth_token::web::confirm_replacement;
    POST "/accounts/{account}/credentials/auth-token/replacement" RecentMember(ManageCredentials) => auth_token::web::replace;
    POST "/accounts/{account}/credentials/auth-token/secondary" RecentChanger(ManageCredentials) => auth_token::web::create_secondary;
    GET  "/accounts/{account}/credentials/auth-token/secondary/promotion" Member(ManageCredentials) => auth_token::web::confirm_promotion;
    POST "/accounts/{account}/credentials/auth-token/secondary/promotion" RecentMember(ManageCredentials) => auth_token::web::promote;
    GET  "/accounts/{account}/credentials/auth-token/secondary/removal" Member(ManageCredentials) => auth_token::web::confirm_removal;
    POST "/accounts/{account}/credentials/auth-token/secondary/removal" RecentMember(ManageCredentials) => auth_token::web::remove;
    GET  "/accounts/{account}/credentials/keys/new" RecentChanger(ManageCredentials) => api_keys::web::new;
    POST "/accounts/{account}/credentials/keys/new" RecentChanger(ManageCredentials) => api_keys::web::create;
    GET  "/accounts/{account}/credentials/keys/{key}" Member(ManageCredentials) => api_keys::web::show;
    GET  "/accounts/{account}/credentials/keys/{key}/revocation" Member(ManageCredentials) => api_keys::web::confirm;
    POST "/accounts/{account}/credentials/keys/{key}/revocation" RecentMember(ManageCredentials) => api_keys::web::revoke;
    GET  "/accounts/{account}/requests" Member(ReadRequestLog) => request_log::web::index;
    GET  "/accounts/{account}/closure" Member(See) => closure::web::show;
    POST "/accounts/{account}/closure" RecentMember(Manage) => closure::web::create;
    GET  "/accounts/{account}/closure/new" RecentMember(Manage) => closure::web::new;
    POST "/accounts/{account}/closure/undo" Member(Manage) => closure::web::undo;
    GET  "/accounts/{account}/suspensions" Member(See) => suspensions::web::index;
    GET  "/accounts/{account}/suspensions/{suspension}" Member(See) => suspensions::web::show;
    GET  "/accounts/{account}/suspensions/{suspension}/appeal" Member(See) => appeals::web::page::show;
    POST "/accounts/{account}/suspensions/{suspension}/appeal" RecentMember(Manage) => appeals::web::filing::create;
    GET  "/accounts/{account}/suspensions/{suspension}/appeal/new" RecentMember(Manage) => appeals::web::filing::new;
    POST "/accounts/{account}/suspensions/{suspension}/appeal/messages" Member(Manage) => appeals::web::letters::write;
    GET  "/accounts/{account}/suspensions/{suspension}/appeal/files/{file}" Member(See) => appeals::web::letters::file;
    POST "/accounts/{account}/suspensions/{suspension}/appeal/withdrawal" Member(Manage) => appeals::web::page::withdraw;
    GET  "/accounts/{account}/storage" Member(SeeStorage) => storage::web::index;
    GET  "/accounts/{account}/storage/{product}" RecentChanger(DecideStorage) => storage::edit::edit;
    POST "/accounts/{account}/storage/{product}" RecentChanger(DecideStorage) => storage::edit::update;
    GET  "/accounts/{account}/invoices" Member(SeeInvoices) => invoices::web::index;
    GET  "/accounts/{account}/invoices/{invoice}" Member(SeeInvoices) => invoices::web::show;
    GET  "/accounts/{account}/subscriber-records" Member(KeepSubscriberRecords) => subscriber_records::web::index;
    GET  "/accounts/{account}/subscriber-records/new" Changer(KeepSubscriberRecords) => subscriber_records::writing::new;
    POST "/accounts/{account}/subscriber-records/new" Changer(KeepSubscriberRecords) => subscriber_records::writing::create;
    GET  "/accounts/{account}/subscriber-records/shares" Member(KeepSubscriberRecords) => subscriber_records::web::shared;
    GET  "/accounts/{account}/subscriber-records/{record}" Member(KeepSubscriberRecords) => subscriber_records::web::show;
    GET  "/accounts/{account}/subscriber-records/{record}/values" RecentMember(KeepSubscriberRecords) => subscriber_records::web::values;
    GET  "/accounts/{account}/subscriber-records/{record}/files/{file}" RecentMember(KeepSubscriberRecords) => subscriber_records::web::file;
    GET  "/accounts/{account}/subscriber-records/{record}/correction" RecentChanger(KeepSubscriberRecords) => subscriber_records::writing::edit;
    POST "/accounts/{account}/subscriber-records/{record}/correction" Changer(KeepSubscriberRecords) => subscriber_records::writing::update;
    GET  "/accounts/{account}/subscriber-records/{record}/withdrawal" Member(KeepSubscriberRecords) => subscriber_records::writing::confirm;
    POST "/accounts/{account}/subscriber-records/{record}/withdrawal" Member(KeepSubscriberRecords) => subscriber_records::writing::withdraw;
    GET  "/leaked" Anyone => leak_desk::web::new;
    POST "/leaked" Anyone => leak_desk::web::create;
    POST "/v1/leaked-secrets" Anyone => leak_desk::api::create;
    GET  "/accounts" SignedIn => account::web::index;
    GET  "/accounts/new" SignedIn => account::web::new;
    POST "/accounts/new" SignedIn => account::web::create;
    GET  "/accounts/invitations/{token}" LinkHolder => invitations::web::show;
    POST "/accounts/invitations/{token}/acceptance" LinkHolder => invitations::web::accept;
    POST "/accounts/invitations/{token}/refusal" LinkHolder => invitations::web::decline;
    GET  "/accounts/{account}" Member(See) => account::web::show;
    GET  "/accounts/{account}/name" Changer(Manage) => account::web::edit_name;
    POST "/accounts/{account}/name" Changer(Manage) => account::web::update_name;
    GET  "/accounts/{account}/members" Member(See) => members::web::index;
    GET  "/accounts/{account}/members/invitations/new" RecentChanger(Manage) => invitations::web::new;
    POST "/accounts/{account}/members/invitations/new" RecentChanger(Manage) => invitations::web::create;
    POST "/accounts/{account}/members/invitations/{invitation}/withdrawal" Member(Manage) => invitations::web::withdraw;
    GET  "/accounts/{account}/members/{person}/role" RecentChanger(Manage) => members::web::edit_role;
    POST "/accounts/{account}/members/{person}/role" RecentChanger(Manage) => members::web::update_role;
    GET  "/accounts/{account}/members/{person}/removal" RecentMember(Manage) => members::web::confirm_removal;
    POST "/accounts/{account}/members/{person}/removal" RecentMember(Manage) => members::web::remove;
    GET  "/accounts/{account}/members/departure" Member(See) => members::web::confirm_departure;
    POST "/accounts/{account}/members/departure" Member(See) => members::web::leave;
    GET  "/accounts/{account}/members/ownership" RecentChanger(Manage) => handovers::web::new_ownership;
    POST "/accounts/{account}/members/ownership" RecentChanger(Manage) => handovers::web::offer_ownership;
    GET  "/accounts/{account}/members/contact" Member(See) => handovers::web::new_contact;
    POST "/accounts/{account}/members/contact" Member(See) => handovers::web::offer_contact;
    GET  "/accounts/{account}/members/handovers/{handover}" Member(See) => handovers::web::show;
    POST "/accounts/{account}/members/handovers/{handover}/acceptance" RecentMember(See) => handovers::web::accept;
    POST "/accounts/{account}/members/handovers/{handover}/refusal" Member(See) => handovers::web::decline;
    POST "/accounts/{account}/members/handovers/{handover}/withdrawal" Member(See) => handovers::web::withdraw;
    GET  "/accounts/{account}/activity" Member(See) => accounts::activity::index;

    GET  "/end-users/{token}" LinkHolder => end_users::sheet::show;
    GET  "/accounts/{account}/end-users" Member(ServeEndUsers) => end_users::web::index;
    POST "/accounts/{account}/end-users" Member(ServeEndUsers) => end_users::web::search;
    GET  "/accounts/{account}/end-users/restrictions" Member(ServeEndUsers) => end_users::web::restrictions::index;
    GET  "/accounts/{account}/end-users/restrictions/{id}/lifting" Member(ServeEndUsers) => end_users::web::restrictions::confirm_lifting;
    POST "/accounts/{account}/end-users/restrictions/{id}/lifting" Member(ServeEndUsers) => end_users::web::restrictions::lift;
    GET  "/accounts/{account}/end-users/deletions" Member(ServeEndUsers) => end_users::web::deletions::index;
    GET  "/accounts/{account}/end-users/deletions/{id}" Member(ServeEndUsers) => end_users::web::deletions::show;
    GET  "/accounts/{account}/end-users/{token}" Member(ServeEndUsers) => end_users::web::show;
    GET  "/accounts/{account}/end-users/{token}/export" RecentMember(ServeEndUsers) => end_users::web::show_export;
    POST "/accounts/{account}/end-users/{token}/export" RecentMember(ServeEndUsers) => end_users::web::export;
    GET  "/accounts/{account}/end-users/{token}/restriction" Member(ServeEndUsers) => end_users::web::restrictions::new;
    POST "/accounts/{account}/end-users/{token}/restriction" Member(ServeEndUsers) => end_users::web::restrictions::create;
    GET  "/accounts/{account}/end-users/{token}/deletion" RecentMember(ServeEndUsers) => end_users::web::deletions::new;
    POST "/accounts/{account}/end-users/{token}/deletion" RecentMember(ServeEndUsers) => end_users::web::deletions::create;

    GET  "/settings/preferences" SignedIn => choices::web::edit;
    POST "/settings/preferences" SignedIn => choices::web::update;
    GET  "/settings/registrations" SignedIn => events::own::index;
    GET  "/settings/registrations/{registration}/cancellation" SignedIn => events::own::confirm;
    POST "/settings/registrations/{registration}/cancellation" SignedIn => events::own::cancel;
    GET  "/preferences/{token}" LinkHolder => choices::web::show;
    POST "/preferences/{token}" LinkHolder => choices::web::choose;
    POST "/preferences/{token}/copy" LinkHolder => contact_data::web::request_copy;
    POST "/preferences/{token}/deletion" LinkHolder => contact_data::web::request_deletion;
    GET  "/contact-data/{token}" LinkHolder => contact_data::web::show;
    POST "/contact-data/{token}" LinkHolder => contact_data::web::destroy;
    GET  "/unsubscribe/{token}" LinkHolder => unsubscribe::web::show;
    POST "/unsubscribe/{token}" LinkHolder => unsubscribe::web::create;
    POST "/unsubscribe/{token}/undo" LinkHolder => unsubscribe::web::undo;
    POST "/unsubscribe/{token}/reason" LinkHolder => unsubscribe::web::tell_reason;

    GET  "/privacy/requests" SignedIn => data_requests::web::index;
    GET  "/privacy/requests/new" Anyone => data_requests::web::new::new;
    POST "/privacy/requests/new" Anyone => data_requests::web::new::create;
    GET  "/privacy/requests/sent" Anyone => data_requests::public::sent;
    GET  "/privacy/requests/links/{token}" LinkHolder => data_requests::public::show;
    POST "/privacy/requests/links/{token}/code" LinkHolder => data_requests::public::show_code;
    POST "/privacy/requests/links/{token}/codes" LinkHolder => data_requests::public::send_code;
    POST "/privacy/requests/links/{token}/data" LinkHolder => data_requests::public::show_data;
    POST "/privacy/requests/links/{token}/messages" LinkHolder => data_requests::public::write;
    GET  "/privacy/requests/links/{token}/files/{file}" LinkHolder => data_requests::public::file;
    POST "/privacy/requests/links/{token}/withdrawal" LinkHolder => data_requests::public::withdraw;
    GET  "/privacy/requests/links/{token}/receipt" LinkHolder => data_requests::public::receipt;
    GET  "/privacy/requests/links/{token}/confirmation" LinkHolder => data_requests::public::new_confirmation;
    POST "/privacy/requests/links/{token}/confirmation" LinkHolder => data_requests::public::confirm;
    GET  "/privacy/requests/{request}" SignedIn => data_requests::web::show;
    POST "/privacy/requests/{request}/messages" SignedIn => data_requests::web::write;
    GET  "/privacy/requests/{request}/files/{file}" SignedIn => data_requests::web::file;
    POST "/privacy/requests/{request}/withdrawal" SignedIn => data_requests::web::withdraw;
    GET  "/privacy/requests/{request}/confirmation" Reauthenticated => data_requests::web::new_confirmation;
    POST "/privacy/requests/{request}/confirmation" Reauthenticated => data_requests::web::confirm;

    GET  "/docs/api" Anyone => api::reference::show;
    GET  "/v1/openapi.json" Anyone => api::openapi::show;
    GET  "/v1/accounts/{account}" AnyProgram => accounts::api::show;
    GET  "/v1/accounts/{account}/communications" Api(ReadCommunications) => communications::api::index;
    POST "/v1/accounts/{account}/communications" Api(WriteCommunications) => communications::api::create;
    GET  "/v1/accounts/{account}/communications/{communication}" Api(ReadCommunications) => communications::api::show;
    PATCH "/v1/accounts/{account}/communications/{communication}" Api(WriteCommunications) => communications::api::update;
    DELETE "/v1/accounts/{account}/communications/{communication}" Api(WriteCommunications) => communications::api::destroy;
    GET  "/v1/accounts/{account}/communications/{communication}/body" Api(ReadCommunications) => communications::api::body;
    GET  "/v1/accounts/{account}/communications/{communication}/statuses" Api(ReadCommunications) => communications::statuses::index;
    POST "/v1/accounts/{account}/communications/{communication}/statuses" Api(WriteCommunications) => communications::statuses::create;
    GET  "/v1/accounts/{account}/storage" Api(ReadStorage) => storage::api::index;
    GET  "/v1/accounts/{account}/storage/{product}" Api(ReadStorage) => storage::api::show;
    PUT  "/v1/accounts/{account}/storage/{product}" Api(WriteStorage) => storage::api::update;
    GET  "/v1/accounts/{account}/claims" Api(ReadClaims) => claims::api::index;
    POST "/v1/accounts/{account}/claims" Api(WriteClaims) => claims::api::create;
    POST "/v1/accounts/{account}/claims/import" Api(WriteClaims) => claims::import::api::create;
    GET  "/v1/accounts/{account}/claims/export" Api(ReadClaims) => claims::export::show;
    GET  "/v1/accounts/{account}/claims/{claim}" Api(ReadClaims) => claims::api::show;
    PATCH "/v1/accounts/{account}/claims/{claim}" Api(WriteClaims) => claims::api::update;
    DELETE "/v1/accounts/{account}/claims/{claim}" Api(WriteClaims) => claims::api::destroy;
    POST "/v1/accounts/{account}/end-users/search" Api(ReadEndUsers) => end_users::api::find;
    POST "/v1/accounts/{account}/end-users/export" Api(ReadEndUsers) => end_users::api::copy;
    GET  "/v1/accounts/{account}/end-users/restrictions" Api(ReadEndUsers) => end_users::api::restrictions::index;
    POST "/v1/accounts/{account}/end-users/restrictions" Api(WriteEndUsers) => end_users::api::restrictions::create;
    GET  "/v1/accounts/{account}/end-users/restrictions/{restriction}" Api(ReadEndUsers) => end_users::api::restrictions::show;
    POST "/v1/accounts/{account}/end-users/restrictions/{restriction}/lifting" Api(WriteEndUsers) => end_users::api::restrictions::lift;
    POST "/v1/accounts/{account}/end-users/deletion" Api(WriteEndUsers) => end_users::api::deletions::create;
    GET  "/v1/accounts/{account}/end-users/deletions" Api(ReadEndUsers) => end_users::api::deletions::index;
    GET  "/v1/accounts/{account}/end-users/deletions/{deletion}" Api(ReadEndUsers) => end_users::api::deletions::show;

    GET  "/staff" Staff(EnterConsole) => staff::overview::show;
    GET  "/staff/counts.json" Staff(EnterConsole) => staff::desk::web::counts;
    GET  "/staff/undertaking" RecentStaff(EnterConsole) => staff::undertaking::web::show;
    POST "/staff/undertaking" RecentStaff(EnterConsole) => staff::undertaking::web::create;
    GET  "/staff/views/new" Staff(EnterConsole) => staff::desk::views::new;
    POST "/staff/views/new" Staff(EnterConsole) => staff::desk::views::create;
    POST "/staff/views/{id}/removal" Staff(EnterConsole) => staff::desk::views::remove;
    GET  "/staff/closures" Staff(WorkOnRequests) => closure::staff::index;
    GET  "/staff/closures/new" RecentStaff(WorkOnRequests) => closure::staff::new;
    POST "/staff/closures/new" RecentStaff(WorkOnRequests) => closure::staff::create;
    GET  "/staff/closures/{closure}" Staff(WorkOnRequests) => closure::staff::show::show;
    POST "/staff/closures/{closure}/looks" Staff(WorkOnRequests) => closure::staff::show::look;
    GET  "/staff/invoices" Staff(WorkOnRequests) => invoices::staff::index;
    GET  "/staff/invoices/{invoice}" Staff(WorkOnRequests) => invoices::staff::show;
    POST "/staff/invoices/{invoice}/looks" Staff(WorkOnRequests) => invoices::staff::look;
    GET  "/staff/subscriber-records" Staff(SeeSubscriberRecords) => subscriber_records::staff::index;
    POST "/staff/subscriber-records" Staff(SeeSubscriberRecords) => subscriber_records::staff::search::create;
    GET  "/staff/subscriber-records/{record}" Staff(SeeSubscriberRecords) => subscriber_records::staff::show::show;
    POST "/staff/subscriber-records/{record}/looks" Staff(SeeSubscriberRecords) => subscriber_records::staff::show::look;
    GET  "/staff/subscriber-records/{record}/files/{file}" Staff(SeeSubscriberRecords) => subscriber_records::staff::show::file;
    POST "/staff/subscriber-records/{record}/decision" Staff(SeeSubscriberRecords) => subscriber_records::staff::decision::create;
    POST "/staff/subscriber-records/{record}/shares" RecentStaff(SeeSubscriberRecords) => subscriber_records::staff::sharing::create;
    GET  "/staff/rules" Staff(TuneRules) => rules::web::index;
    GET  "/staff/rules/signals" Staff(TuneRules) => rules::web::signals;
    GET  "/staff/rules/new" RecentStaff(TuneRules) => rules::web::new;
    POST "/staff/rules/new" RecentStaff(TuneRules) => rules::web::create;
    GET  "/staff/rules/{rule}" Staff(TuneRules) => rules::web::show;
    GET  "/staff/rules/{rule}/versions/new" RecentStaff(TuneRules) => rules::web::new_version;
    POST "/staff/rules/{rule}/versions/new" RecentStaff(TuneRules) => rules::web::create_version;
    GET  "/staff/rules/{rule}/versions/{n}" Staff(TuneRules) => rules::web::version;
    GET  "/staff/rules/{rule}/versions/{n}/replay" Staff(TuneRules) => rules::web::replayed;
    POST "/staff/rules/{rule}/versions/{n}/replay" Staff(TuneRules) => rules::web::replay;
    POST "/staff/rules/{rule}/versions/{n}/proposal" RecentStaff(TuneRules) => rules::web::propose;
    POST "/staff/rules/{rule}/versions/{n}/decision" RecentStaff(TuneRules) => rules::web::decide;
    POST "/staff/rules/{rule}/versions/{n}/return" RecentStaff(TuneRules) => rules::web::take_back;
    GET  "/staff/alerts" Staff(AnswerAlerts) => alerts::queue::index;
    GET  "/staff/alerts.csv" Staff(AnswerAlerts) => alerts::queue::csv;
    GET  "/staff/alerts/{alert}" Staff(AnswerAlerts) => alerts::web::show;
    POST "/staff/alerts/{alert}/claim" Staff(AnswerAlerts) => alerts::web::claim;
    POST "/staff/alerts/{alert}/release" Staff(AnswerAlerts) => alerts::web::release;
    POST "/staff/alerts/{alert}/looks" Staff(AnswerAlerts) => alerts::web::look;
    POST "/staff/alerts/{alert}/decision" RecentStaff(AnswerAlerts) => alerts::web::decide;
    GET  "/staff/evaluations/{evaluation}" Staff(TuneRules) => rules::web::show_evaluation;
    GET  "/staff/disclosures" Staff(RecordDisclosures) => disclosures::desk::index;
    GET  "/staff/disclosures/new" RecentStaff(RecordDisclosures) => disclosures::desk::new;
    POST "/staff/disclosures/new" RecentStaff(RecordDisclosures) => disclosures::desk::create;
    GET  "/staff/disclosures/{disclosure}" Staff(RecordDisclosures) => disclosures::desk::show;
    POST "/staff/disclosures/{disclosure}/objection" RecentStaff(RecordDisclosures) => disclosures::desk::acts::object;
    POST "/staff/disclosures/{disclosure}/answer" RecentStaff(RecordDisclosures) => disclosures::desk::acts::answer;
    POST "/staff/disclosures/{disclosure}/approval" RecentStaff(RecordDisclosures) => disclosures::desk::acts::approve;
    POST "/staff/disclosures/{disclosure}/silence" RecentStaff(RecordDisclosures) => disclosures::desk::acts::silence;
    POST "/staff/disclosures/{disclosure}/handover" RecentStaff(RecordDisclosures) => disclosures::desk::acts::hand_over;
    POST "/staff/disclosures/{disclosure}/refusal" RecentStaff(RecordDisclosures) => disclosures::desk::acts::refuse;
    POST "/staff/disclosures/{disclosure}/withdrawal" RecentStaff(RecordDisclosures) => disclosures::desk::acts::withdraw;
    GET  "/staff/holds" Staff(HoldData) => holds::web::index;
    GET  "/staff/holds/new" RecentStaff(HoldData) => holds::web::new;
    POST "/staff/holds/new" RecentStaff(HoldData) => holds::web::create;
    GET  "/staff/holds/{hold}" Staff(HoldData) => holds::web::show;
    POST "/staff/holds/{hold}/approval" RecentStaff(HoldData) => holds::web::approve;
    POST "/staff/holds/{hold}/review" RecentStaff(HoldData) => holds::web::review;
    POST "/staff/holds/{hold}/release" RecentStaff(HoldData) => holds::web::release;

    GET  "/staff/appeals" Staff(DecideAppeals) => appeals::staff::index::index;
    GET  "/staff/appeals.csv" Staff(DecideAppeals) => appeals::staff::index::csv;
    GET  "/staff/appeals/{appeal}" Staff(DecideAppeals) => appeals::staff::show::show;
    POST "/staff/appeals/{appeal}/claim" Staff(DecideAppeals) => appeals::staff::show::claim;
    POST "/staff/appeals/{appeal}/release" Staff(DecideAppeals) => appeals::staff::show::release;
    POST "/staff/appeals/{appeal}/looks" Staff(DecideAppeals) => appeals::staff::show::look;
    POST "/staff/appeals/{appeal}/messages" Staff(DecideAppeals) => appeals::staff::letters::write;
    GET  "/staff/appeals/{appeal}/files/{file}" Staff(DecideAppeals) => appeals::staff::letters::file;
    POST "/staff/appeals/{appeal}/decision" Staff(DecideAppeals) => appeals::staff::decision::decide;
    GET  "/staff/suspensions" Staff(ReadSuspensions) => suspensions::staff::index::index;
    GET  "/staff/suspensions/new" RecentStaff(SuspendAccounts) => suspensions::staff::new::new;
    POST "/staff/suspensions/new" RecentStaff(SuspendAccounts) => suspensions::staff::new::create;
    GET  "/staff/suspensions/{suspension}" Staff(ReadSuspensions) => suspensions::staff::show::show;
    POST "/staff/suspensions/{suspension}/looks" Staff(ReadSuspensions) => suspensions::staff::show::look;
    POST "/staff/suspensions/{suspension}/lifting" RecentStaff(DecideAppeals) => suspensions::staff::show::lift;
    GET  "/staff/accounts/{account}/suspension" RecentStaff(SuspendAccounts) => suspensions::staff::new::of_account;
    POST "/staff/accounts/{account}/suspension" RecentStaff(SuspendAccounts) => suspensions::staff::new::create;

    GET  "/staff/requests" Staff(WorkOnRequests) => data_requests::staff::index::index;
    GET  "/staff/requests.csv" Staff(WorkOnRequests) => data_requests::staff::index::csv;
    POST "/staff/requests/acknowledgements" Staff(WorkOnRequests) => data_requests::staff::index::acknowledge_many;
    GET  "/staff/requests/new" Staff(WorkOnRequests) => data_requests::staff::log::new;
    POST "/staff/requests/new" Staff(WorkOnRequests) => data_requests::staff::log::create;
    GET  "/staff/requests/metrics" Staff(WorkOnRequests) => data_requests::staff::metrics::show;
    GET  "/staff/requests/metrics.csv" Staff(WorkOnRequests) => data_requests::staff::metrics::csv;
    GET  "/staff/requests/{request}" Staff(WorkOnRequests) => data_requests::staff::show::show;
    POST "/staff/requests/{request}/claim" Staff(WorkOnRequests) => data_requests::staff::show::claim;
    POST "/staff/requests/{request}/release" Staff(WorkOnRequests) => data_requests::staff::show::release;
    POST "/staff/requests/{request}/looks" Staff(WorkOnRequests) => data_requests::staff::show::look;
    POST "/staff/requests/{request}/steps" Staff(WorkOnRequests) => data_requests::staff::show::take;
    POST "/staff/requests/{request}/messages" Staff(WorkOnRequests) => data_requests::staff::show::write;
    GET  "/staff/requests/{request}/files/{file}" Staff(WorkOnRequests) => data_requests::staff::show::file;
    GET  "/staff/requests/{request}/decision" Staff(WorkOnRequests) => data_requests::staff::decide::new;
    POST "/staff/requests/{request}/decision" Staff(WorkOnRequests) => data_requests::staff::decide::create;
    GET  "/staff/disputes" Staff(WorkOnRequests) => disputes::staff::index::index;
    GET  "/staff/disputes.csv" Staff(WorkOnRequests) => disputes::staff::index::csv;
    GET  "/staff/disputes/new" Staff(WorkOnRequests) => disputes::staff::log::new;
    POST "/staff/disputes/new" Staff(WorkOnRequests) => disputes::staff::log::create;
    GET  "/staff/disputes/{dispute}" Staff(WorkOnRequests) => disputes::staff::show::show;
    POST "/staff/disputes/{dispute}/claim" Staff(WorkOnRequests) => disputes::staff::show::claim;
    POST "/staff/disputes/{dispute}/release" Staff(WorkOnRequests) => disputes::staff::show::release;
    POST "/staff/disputes/{dispute}/looks" Staff(WorkOnRequests) => disputes::staff::show::look;
    POST "/staff/disputes/{dispute}/notes" Staff(WorkOnRequests) => disputes::staff::steps::note;
    POST "/staff/disputes/{dispute}/messages" Staff(WorkOnRequests) => disputes::staff::letters::write;
    GET  "/staff/disputes/{dispute}/files/{file}" Staff(WorkOnRequests) => disputes::staff::letters::file;
    POST "/staff/disputes/{dispute}/decision" Staff(WorkOnRequests) => disputes::staff::steps::decide;
    GET  "/staff/reports" Staff(ReadReports) => staff::reports::web::show;
    GET  "/staff/reports.json" Staff(ReadReports) => staff::reports::web::json;
    GET  "/staff/reports.csv" Staff(ReadReports) => staff::reports::web::file;
    GET  "/staff/data-map" Staff(ReadDataMap) => data_map::desk::index;
    GET  "/staff/data-map/{table}" Staff(ReadDataMap) => data_map::desk::show;
    GET  "/staff/sub-processors" Staff(KeepSubProcessors) => sub_processors::desk::index;
    GET  "/staff/sub-processors/new" Staff(KeepSubProcessors) => sub_processors::desk::new;
    POST "/staff/sub-processors/new" Staff(KeepSubProcessors) => sub_processors::desk::create;
    GET  "/staff/sub-processors/{processor}" Staff(KeepSubProcessors) => sub_processors::desk::show;
    POST "/staff/sub-processors/{processor}/assurance" Staff(KeepSubProcessors) => sub_processors::desk::steps::assure;
    POST "/staff/sub-processors/{processor}/approval" RecentStaff(KeepSubProcessors) => sub_processors::desk::steps::approve;
    POST "/staff/sub-processors/{processor}/end" RecentStaff(KeepSubProcessors) => sub_processors::desk::steps::end;
    GET  "/staff/people" Staff(LookUpPeople) => staff::lookup::web::index;
    POST "/staff/people/search" Staff(LookUpPeople) => staff::lookup::web::search;
    GET  "/staff/people/{person}" Staff(LookUpPeople) => staff::lookup::record::show;
    GET  "/staff/people/{person}/sign-ins" Staff(LookUpPeople) => staff::lookup::lists::sign_ins;
    GET  "/staff/people/{person}/messages" Staff(LookUpPeople) => staff::lookup::lists::messages;
    GET  "/staff/people/{person}/views" Staff(LookUpPeople) => staff::lookup::lists::views;
    POST "/staff/people/{person}/views" Staff(LookUpPeople) => staff::lookup::web::open;
    GET  "/staff/people/{person}/preferences" Staff(LookUpPeople) => staff::lookup::lists::preferences;
    GET  "/staff/contacts" Staff(ServeContacts) => contact_desk::web::index;
    POST "/staff/contacts" Staff(ServeContacts) => contact_desk::web::create;
    GET  "/staff/contacts/{token}" Staff(ServeContacts) => contact_desk::show::show;
    POST "/staff/contacts/{token}/lifting" Staff(ServeContacts) => contact_desk::show::lift;
    POST "/staff/contacts/{token}/suppression" Staff(ServeContacts) => contact_desk::show::suppress;
    GET  "/staff/onboarding-calls" Staff(CallNewCustomers) => onboarding::index;
    GET  "/staff/jobs" Staff(RunOperations) => staff::operations::jobs::index;
    GET  "/staff/jobs.csv" Staff(RunOperations) => staff::operations::jobs::csv;
    POST "/staff/jobs/retries" Staff(RunOperations) => staff::operations::jobs::retry_many;
    POST "/staff/jobs/{id}/claim" Staff(RunOperations) => staff::operations::jobs::claim;
    POST "/staff/jobs/{id}/retry" Staff(RunOperations) => staff::operations::jobs::retry;
    GET  "/staff/messages" Staff(RunOperations) => staff::operations::messages::index;
    GET  "/staff/events" Staff(PublishOffers) => events::staff::index;
    GET  "/staff/events/new" Staff(PublishOffers) => events::staff::new;
    POST "/staff/events/new" Staff(PublishOffers) => events::staff::create;
    GET  "/staff/events/{event}" Staff(PublishOffers) => events::staff::show;
    GET  "/staff/events/{event}/cancellation" Staff(PublishOffers) => events::staff::confirm_cancellation;
    POST "/staff/events/{event}/cancellation" Staff(PublishOffers) => events::staff::cancel;
    GET  "/staff/white-papers" Staff(PublishOffers) => white_papers::staff::index;
    GET  "/staff/white-papers/new" Staff(PublishOffers) => white_papers::staff::new;
    POST "/staff/white-papers/new" Staff(PublishOffers) => white_papers::staff::create;
    GET  "/staff/white-papers/{paper}" Staff(PublishOffers) => white_papers::staff::show;
    POST "/staff/white-papers/{paper}/withdrawal" Staff(PublishOffers) => white_papers::staff::withdraw;
    GET  "/staff/surveys" Staff(PublishOffers) => surveys::staff::index;
    GET  "/staff/surveys/new" Staff(PublishOffers) => surveys::staff::new;
    POST "/staff/surveys/new" Staff(PublishOffers) => surveys::staff::create;
    GET  "/staff/surveys/{survey}" Staff(PublishOffers) => surveys::staff::show;
    POST "/staff/surveys/{survey}/closing" Staff(PublishOffers) => surveys::staff::close;
    GET  "/staff/sales" Staff(AnswerSales) => sales_contact::staff::index;
    GET  "/staff/sales/training.csv" Staff(AnswerSales) => sales_contact::training::file;
    GET  "/staff/sales/{enquiry}" Staff(AnswerSales) => sales_contact::staff::show;
    POST "/staff/sales/{enquiry}/claim" Staff(AnswerSales) => sales_contact::staff::claim;
    POST "/staff/sales/{enquiry}/release" Staff(AnswerSales) => sales_contact::staff::release;
    POST "/staff/sales/{enquiry}/looks" Staff(AnswerSales) => sales_contact::staff::look;
    POST "/staff/sales/{enquiry}/answer" Staff(AnswerSales) => sales_contact::staff::answer;
    GET  "/staff/statistics" Staff(ReadStatistics) => statistics::web::index;
    GET  "/staff/audit" Staff(ReadAuditLog) => staff::audit::web::index;
    GET  "/staff/audit/verifications" Staff(ReadAuditLog) => staff::audit::web::verifications;
    POST "/staff/audit/verifications" Staff(ReadAuditLog) => staff::audit::web::verify;
    GET  "/staff/campaigns" Staff(PlanCampaigns) => desk::index;
    GET  "/staff/campaigns/new" Staff(PlanCampaigns) => desk::new;
    POST "/staff/campaigns/new" Staff(PlanCampaigns) => desk::create;
    GET  "/staff/campaigns/{campaign}" Staff(PlanCampaigns) => desk::show;
    GET  "/staff/campaigns/{campaign}/text" Staff(PlanCampaigns) => desk::edit;
    POST "/staff/campaigns/{campaign}/text" Staff(PlanCampaigns) => desk::update;
    GET  "/staff/campaigns/{campaign}/preview" Staff(PlanCampaigns) => desk::steps::preview;
    POST "/staff/campaigns/{campaign}/test" Staff(PlanCampaigns) => desk::steps::test;
    POST "/staff/campaigns/{campaign}/schedule" RecentStaff(PlanCampaigns) => desk::steps::schedule;
    POST "/staff/campaigns/{campaign}/approval" RecentStaff(PlanCampaigns) => desk::steps::approve;
    POST "/staff/campaigns/{campaign}/turn" Staff(PlanCampaigns) => desk::steps::turn;
    GET  "/staff/partners" Staff(PlanCampaigns) => partners_desk::index;
    GET  "/staff/partners/new" Staff(PlanCampaigns) => partners_desk::new;
    POST "/staff/partners/new" Staff(PlanCampaigns) => partners_desk::create;
    GET  "/staff/partners/{partner}" Staff(PlanCampaigns) => partners_desk::show;
    POST "/staff/partners/{partner}/approval" RecentStaff(PlanCampaigns) => partners_desk::steps::approve;
    POST "/staff/partners/{partner}/shares" RecentStaff(PlanCampaigns) => partners_desk::steps::share;
    GET  "/staff/partners/{partner}/shares/{share}/file" RecentStaff(PlanCampaigns) => partners_desk::steps::file;
    GET  "/staff/partners/{partner}/ended-consents" Staff(PlanCampaigns) => partners_desk::steps::ended;
    POST "/staff/partners/{partner}/notices" RecentStaff(PlanCampaigns) => partners_desk::steps::tell;
    POST "/staff/partners/{partner}/end" RecentStaff(PlanCampaigns) => partners_desk::steps::end;
    POST "/hooks/mail/{provider}" Anyone => mail_reports::hooks::create;
    POST "/hooks/billing" Anyone => invoices::hooks::create;

    GET  "/staff/team" Staff(ManageStaff) => staff::team::web::index;
    GET  "/staff/team/invitations" Staff(ManageStaff) => staff::invitations::desk::index;
    GET  "/staff/team/invitations/new" RecentStaff(ManageStaff) => staff::invitations::desk::new;
    POST "/staff/team/invitations/new" RecentStaff(ManageStaff) => staff::invitations::desk::create;
    POST "/staff/team/invitations/{id}/withdrawal" RecentStaff(ManageStaff) => staff::invitations::desk::withdraw;
    GET  "/staff/team/{person}/roles/{role}/removal" RecentStaff(ManageStaff) => staff::team::web::confirm;
    POST "/staff/team/{person}/roles/{role}/removal" RecentStaff(ManageStaff) => staff::team::web::remove;
    GET  "/staff/invitations/{token}" LinkHolder => staff::invitations::web::show;
    POST "/staff/invitations/{token}" LinkHolder => staff::invitations::web::accept;
}

site_map! { development_routes, configure_development_routes:
    GET  "/dev/mailbox" Anyone => development::mailbox::index;
    GET  "/dev/mailbox.json" Anyone => development::mailbox::json;
    GET  "/dev/mailbox/{id}/html" Anyone => development::mailbox::html;
    GET  "/dev/people.json" Anyone => development::people;
    POST "/dev/clock" Anyone => development::clock::advance;
    GET  "/dev/clock" Anyone => development::clock::show;
    GET  "/dev/components" Anyone => development::components::index;
}

/// Tells actix about every route, about those of development only there, and about what is neither.
pub fn configure(config: &mut web::ServiceConfig, with_development: bool) {
    let mut scopes = Scopes::default();
    configure_routes(&mut scopes);
    if with_development {
        configure_development_routes(&mut scopes);
    }
    scopes.register(config);
    config.default_service(web::to(elsewhere));
}

/// Rows of the site map with their patterns, by the first part of their paths.
type Patterns = BTreeMap<&'static str, Vec<(Route, ResourceDef)>>;

/// A pattern takes a while to make and a little memory that never comes back, so it is made once and not for each path that
/// somebody asks about.
static PATTERNS: LazyLock<Patterns> = LazyLock::new(|| {
    let mut patterns = Patterns::new();
    for route in routes() {
        let pattern = ResourceDef::new(route.path);
        patterns.entry(parted(route.path).0).or_default().push((route, pattern));
    }
    patterns
});

/// The rows whose patterns this path fits.
fn matching(path: &str) -> impl Iterator<Item = &'static Route> {
    let can_be_meant = PATTERNS.get(parted(path).0).into_iter().flatten();
    can_be_meant.filter(move |(_, pattern)| pattern.is_match(path)).map(|(route, _)| route)
}

/// The row's path that this path means: of several the one that says most of it, `…/export` and not a record called 'export'.
fn meant(path: &str) -> Option<&'static str> {
    matching(path).map(|route| route.path).min_by_key(|path| path.matches('{').count())
}

/// The path of the site map that a request was led to, with its placeholders: what may stand in logs and figures, where the
/// path itself may hold a token. Nothing before the request is led anywhere, and where it leads nowhere.
pub fn path_of(request: &HttpRequest) -> Option<&'static str> {
    scopes::taken(request)
}

/// Notes for [`path_of`] where a request would have been led that is refused before it is.
pub fn note_refused(request: &HttpRequest) {
    if let Some(path) = meant(request.path()) {
        scopes::note_taken(request, path);
    }
}

/// A path that has other methods is told apart from one that does not exist.
async fn elsewhere(request: HttpRequest) -> Result<HttpResponse, AppError> {
    let Some(meant) = meant(request.path()) else { return Err(AppError::NotFound) };
    let there = matching(request.path()).filter(|route| route.path == meant);
    let methods: Vec<String> = there.map(|route| route.method.to_string()).collect();
    scopes::note_taken(&request, meant);
    Err(AppError::MethodNotAllowed(methods.join(", ")))
}

/// Whether a path can be opened with GET.
pub fn can_be_read(path: &str) -> bool {
    matching(path).any(|route| route.method == Method::GET)
}
