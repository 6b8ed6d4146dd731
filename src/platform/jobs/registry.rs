//! Every kind of job, named once.

use graphile_worker::WorkerOptions;

use super::schedule::TimetableEntry;
use super::worker::Task;
use crate::content::storage::EmptyBodies;
use crate::platform::messages::DeliverMessage;
use crate::preferences::campaigns::sending::SendCampaign;
use crate::privacy::disclosures::transfers::TellOwners;
use crate::privacy::erasure::Erase;
use crate::privacy::exports::MakeExport;
use crate::public::events::TellGuests;
use crate::staff::audit::VerifyAuditLog;
use crate::trust::rules::replay::ReplayRule;

pub(super) fn register(options: WorkerOptions) -> WorkerOptions {
    options
        .define_job::<Task<DeliverMessage>>()
        .define_job::<Task<EmptyBodies>>()
        .define_job::<Task<Erase>>()
        .define_job::<Task<MakeExport>>()
        .define_job::<Task<ReplayRule>>()
        .define_job::<Task<SendCampaign>>()
        .define_job::<Task<TellGuests>>()
        .define_job::<Task<TellOwners>>()
        .define_job::<Task<TimetableEntry>>()
        .define_job::<Task<VerifyAuditLog>>()
}
