//! What takes two people, in one place: who proposes it, who agrees to it, and what the database says to whoever tries both.
//! A test holds each of them against the database, so that no page is the last guard.

use crate::staff::permissions::Permission;

/// Something that one person proposes and another agrees to.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// What it is, in a sentence.
    pub about: &'static str,
    /// The right of whoever proposes it.
    pub proposes: Permission,
    /// The right of whoever agrees.
    pub agrees: Permission,
    /// The table that both are written into.
    pub table: &'static str,
    /// The constraint, or the rule of a trigger, that refuses one person for both.
    pub refusal: &'static str,
}

/// Every one of them.
pub const RULES: &[Rule] = &[
    Rule {
        about: "A hold lapses unless somebody else than whoever asked for it approves it (S72, S112).",
        proposes: Permission::HoldData,
        agrees: Permission::HoldData,
        table: "holds",
        refusal: "holds_second_person",
    },
    Rule {
        about: "What somebody outside gets of personal data is approved by somebody else than whoever recorded it (S120), and no later day of telling holds by one person alone (S121).",
        proposes: Permission::RecordDisclosures,
        agrees: Permission::RecordDisclosures,
        table: "disclosures",
        refusal: "disclosures_second_person",
    },
    Rule {
        about: "A campaign to more than 1,000 recipients is approved by somebody else than whoever scheduled it.",
        proposes: Permission::PlanCampaigns,
        agrees: Permission::PlanCampaigns,
        table: "campaigns",
        refusal: "campaigns_second_person",
    },
    Rule {
        about: "A partner whom people may allow their address is published by somebody else than whoever proposed it (S113).",
        proposes: Permission::PlanCampaigns,
        agrees: Permission::PlanCampaigns,
        table: "partners",
        refusal: "partners_second_person",
    },
    Rule {
        about: "Whoever works for us with data about people is published by somebody else than whoever proposed it (S115).",
        proposes: Permission::KeepSubProcessors,
        agrees: Permission::KeepSubProcessors,
        table: "sub_processors",
        refusal: "sub_processors_second_person",
    },
    Rule {
        about: "A rule that shall suspend, or ask to, is let do so by somebody else than whoever proposed it.",
        proposes: Permission::TuneRules,
        agrees: Permission::TuneRules,
        table: "rule_proposals",
        refusal: "rule_proposals_second_person",
    },
    Rule {
        about: "An appeal is decided by nobody who suspended the account or tuned the rule behind that, who filed it, or who is in the account (S130).",
        proposes: Permission::SuspendAccounts,
        agrees: Permission::DecideAppeals,
        table: "appeals",
        refusal: "appeals_party",
    },
];
