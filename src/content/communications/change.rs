//! Reads what a program changes about a communication.

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::draft::{Faults, claim, claim_id, line};
use super::queries::Row;
use crate::api::problem::Problem;
use crate::platform::ids::ClaimId;

/// A change, as a JSON Merge Patch (RFC 7396): what is left out stays, null empties.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[schema(as = CommunicationChange)]
#[serde(deny_unknown_fields)]
pub struct Change {
    /// What you call it, up to 200 characters.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, max_length = 200, example = "Second reminder", extensions(("x-data" = json!("communications.friendly_name"))))]
    friendly_name: Option<Option<String>>,
    /// SID of the claim that it belongs to.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>, pattern = "^CL[0-9a-f]{32}$", example = json!(null), extensions(("x-data" = json!("communications.claim_id"))))]
    claim: Option<Option<String>>,
}

/// Tells null from a field that was left out.
#[allow(clippy::option_option, reason = "left out, null and a value are three things")]
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<String>>, D::Error> {
    Option::<String>::deserialize(deserializer).map(Some)
}

impl Change {
    /// The claim that it names, if that is a SID of a claim at all.
    pub fn claim(&self) -> Option<ClaimId> {
        self.claim.as_ref().and_then(|claim| claim_id(claim.as_deref()))
    }

    /// Friendly name and claim as they will stand.
    ///
    /// # Errors
    /// 422 with all that is wrong.
    pub fn check(
        &self,
        row: &Row,
        claim_is_there: bool,
    ) -> Result<(Option<String>, Option<ClaimId>), Problem> {
        let mut faults = Faults::default();
        let name = match &self.friendly_name {
            Some(name) => faults.take("/friendly_name", line(name.as_deref(), 200)).flatten(),
            None => row.friendly_name.clone(),
        };
        let claim = match &self.claim {
            Some(sid) => faults.take("/claim", claim(sid.as_deref(), claim_is_there)).flatten(),
            None => row.claim_id,
        };
        faults.none()?;
        Ok((name, claim))
    }
}
