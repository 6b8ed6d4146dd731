DROP TRIGGER contacts_consents ON contacts;
DROP TRIGGER preference_decisions_consents ON preference_decisions;
DROP TABLE partner_share_contacts, partner_shares, partner_decisions, contact_partners, partners;
DROP FUNCTION keep_partner_share_contact, require_partner_consent, shareable_contacts, end_consents_by_move,
    end_consents_by_decision, keep_partner_decision, apply_partner_decision, may_consent, keep_partner;
