//! Which communications a list has, as a program asks for it.

use chrono::{DateTime, Datelike as _, Utc};
use serde::Deserialize;
use utoipa::IntoParams;

use super::queries::Wanted;
use super::status::Status;
use super::{Channel, Direction};
use crate::api::lists::Window;
use crate::api::problem::Problem;
use crate::platform::ids::ClaimId;

/// Which communications a list has.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// Only those of this channel.
    channel: Option<Channel>,
    /// Only those of this direction.
    direction: Option<Direction>,
    /// Only those with this status.
    status: Option<Status>,
    /// Only those of this claim, by its SID.
    #[param(value_type = Option<String>)]
    claim: Option<ClaimId>,
    /// Only those stored at this moment or later.
    created_from: Option<DateTime<Utc>>,
    /// Only those stored before this moment.
    created_to: Option<DateTime<Utc>>,
    /// SID of the last communication of the page before.
    after: Option<String>,
    /// How many: 1 to 200, otherwise 50.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

impl Filter {
    pub(super) fn parse(self) -> Result<(Wanted, i64), Problem> {
        let window = Window { after: self.after, limit: self.limit };
        for (name, moment) in [("?created_from", self.created_from), ("?created_to", self.created_to)] {
            if moment.is_some_and(|moment| !(0..=9999).contains(&moment.year())) {
                return Err(Problem::field(name, "This is a moment in the years 0 to 9999."));
            }
        }
        let wanted = Wanted {
            channel: self.channel,
            direction: self.direction,
            status: self.status,
            claim: self.claim,
            from: self.created_from,
            to: self.created_to,
            after: window.after()?,
        };
        Ok((wanted, window.rows()?))
    }
}
