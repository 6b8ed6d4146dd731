//! What is past its rule does not survive the sweep, and what is not, does.

use std::collections::BTreeSet;

use chrono::{DateTime, Duration, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use portal::platform::ids::PersonId;
use portal::retention::rules::{Carried, RULES, Rows, Rule};
use portal::retention::sweep;

use crate::support::{TestApp, count};

/// How a row of a table is written whose rule begins to count at `$1`; `$2` is a person.
const SAMPLES: &[(&str, &str)] = &[
    (
        "sign_ups",
        "INSERT INTO sign_ups (id, name, email, phone, password_hash, terms_version, terms_accepted_at, email_token_hash, created_at, expires_at) \
         SELECT gen_random_uuid(), 'Ada', 'ada@example.com', '+12025550100', 'hash', '1', $1, sha256(random()::text::bytea), $1, $1 + interval '24 hours' WHERE $2 IS NOT NULL",
    ),
    (
        // One per person: each sample has a person of its own.
        "phone_verifications",
        "INSERT INTO phone_verifications (id, person_id, phone, code_digest, attempts_left, created_at, expires_at) \
         VALUES (gen_random_uuid(), $2, '+12025550100', 'digest', 5, $1, $1 + interval '10 minutes')",
    ),
    ("exports", "INSERT INTO exports (id, person_id, requested_at) VALUES (gen_random_uuid(), $2, $1)"),
    (
        "totp_enrolments",
        "INSERT INTO totp_enrolments (person_id, sealed_secret, created_at) VALUES ($2, 'sealed', $1)",
    ),
    (
        "password_resets",
        "INSERT INTO password_resets (id, person_id, token_hash, created_at, expires_at) \
         VALUES (gen_random_uuid(), $2, sha256(random()::text::bytea), $1 - interval '1 hour', $1)",
    ),
    (
        "security_alerts",
        "INSERT INTO security_alerts (id, person_id, event, token_hash, created_at, expires_at) \
         VALUES (gen_random_uuid(), $2, 'person.password.changed', sha256(random()::text::bytea), $1 - interval '30 days', $1)",
    ),
    (
        // The undo lives longer than the confirmation, and its end counts.
        "email_changes",
        "INSERT INTO email_changes (id, person_id, old_email, new_email, token_hash, created_at, expires_at, confirmed_at, undo_until) \
         VALUES (gen_random_uuid(), $2, 'a@example.com', 'b@example.com', sha256(random()::text::bytea), $1 - interval '7 days', $1 - interval '6 days', $1 - interval '7 days', $1)",
    ),
    (
        "staff_invitations",
        "INSERT INTO staff_invitations (id, email, role, token_hash, created_at, expires_at, withdrawn_at) \
         SELECT gen_random_uuid(), 'a@example.com', 'support', sha256(random()::text::bytea), $1 - interval '7 days', $1, $1 WHERE $2 IS NOT NULL",
    ),
    (
        "campaigns",
        "INSERT INTO campaigns (id, name, topic, subject, body, created_at, changed_at) \
         SELECT gen_random_uuid(), 'News', 'newsletter', 'News', 'Words', $1, $1 WHERE $2 IS NOT NULL",
    ),
    (
        // They hang on the later of the two campaigns, which stays.
        "campaign_recipients",
        "INSERT INTO campaign_recipients (campaign_id, state, settled_at) \
         SELECT id, 'sent', $1 FROM campaigns WHERE $2 IS NOT NULL ORDER BY changed_at DESC LIMIT 1",
    ),
    (
        "partners",
        "INSERT INTO partners (id, name, sends, policy_url, contact_email, proposed_by, proposed_at, ended_by, ended_at) \
         SELECT gen_random_uuid(), 'x', 'x', 'https://example.com', 'a@example.com', $2, $1 - interval '1 day', $2, $1",
    ),
    (
        // They hang on the later of the two partners, which stays; their consents are of no consequence here.
        "partner_share_contacts",
        "WITH share AS (INSERT INTO partner_shares (id, partner_id, made_by, made_at) \
             SELECT gen_random_uuid(), id, $2, $1 FROM partners ORDER BY ended_at DESC LIMIT 1 RETURNING id, partner_id) \
         INSERT INTO partner_share_contacts (id, share_id, partner_id, shared_at, told_at) SELECT gen_random_uuid(), id, partner_id, $1, $1 FROM share",
    ),
    (
        "campaign_rates",
        "INSERT INTO campaign_rates (lane, free_at) SELECT gen_random_uuid()::text, $1 WHERE $2 IS NOT NULL",
    ),
    (
        "mail_reports",
        "INSERT INTO mail_reports (id, provider, external_id, kind, detail, received_at) \
         SELECT gen_random_uuid(), 'generic', gen_random_uuid()::text, 'hard_bounce', '550', $1 WHERE $2 IS NOT NULL",
    ),
    (
        "contact_views",
        "INSERT INTO contact_views (id, staff_id, email_digest, role, reason, viewed_at, expires_at) \
         SELECT gen_random_uuid(), $2, 'x', 'support', 'They asked us to look.', $1, $1 + interval '15 minutes'",
    ),
    (
        "sign_ins",
        "INSERT INTO sign_ins (id, person_id, at, method, outcome) VALUES (gen_random_uuid(), $2, $1, 'password', 'refused')",
    ),
    (
        "sign_in_failures",
        "INSERT INTO sign_in_failures (subject_digest, consecutive, last_at) SELECT sha256(random()::text::bytea), 3, $1 WHERE $2 IS NOT NULL",
    ),
    (
        "known_browsers",
        "INSERT INTO known_browsers (id, person_id, token_hash, created_at, last_used_at) \
         VALUES (gen_random_uuid(), $2, sha256(random()::text::bytea), $1 - interval '1 day', $1)",
    ),
    (
        "account_recoveries",
        "INSERT INTO account_recoveries (id, person_id, credential_version, cancel_token_hash, requested_at, ready_at, expires_at) \
         VALUES (gen_random_uuid(), $2, 1, sha256(random()::text::bytea), $1 - interval '10 days', $1 - interval '7 days', $1)",
    ),
    (
        "messages",
        "INSERT INTO messages (id, kind, name, class, person_id, recipient, subject, message_id, created_at, sent_at) \
         VALUES (gen_random_uuid(), 'mail', 'x', 'transactional', $2, 'a@example.com', 's', gen_random_uuid()::text, $1, $1)",
    ),
    (
        "record_views",
        "INSERT INTO record_views (id, staff_id, person_id, role, reason, viewed_at, expires_at) \
         VALUES (gen_random_uuid(), $2, $2, 'support', 'ten letters', $1, $1 + interval '15 minutes')",
    ),
    (
        "audit_details",
        "WITH next AS (SELECT coalesce(max(seq), 0) + 1 AS seq FROM audit_events), \
         event AS (INSERT INTO audit_events SELECT seq, gen_random_uuid(), $1, 'system', NULL, 'person', $2, 'test', NULL, \
             sha256('d'), sha256('p'), sha256(random()::text::bytea) FROM next RETURNING id, at) \
         INSERT INTO audit_details (event_id, salt, at) SELECT id, decode(repeat('00', 16), 'hex'), at FROM event",
    ),
    (
        "audit_verifications",
        "INSERT INTO audit_verifications (id, verified_at, events) SELECT gen_random_uuid(), $1, 1 WHERE $2 IS NOT NULL",
    ),
    (
        "deleted_records",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO deleted_records (id, account_id, kind, blinded, deleted_at) SELECT gen_random_uuid(), id, 'claim', sha256(random()::text::bytea), $1 FROM account",
    ),
    (
        "account_invitations",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO account_invitations (id, account_id, email, role, token_hash, created_at, expires_at) \
         SELECT gen_random_uuid(), id, 'a@example.com', 'developer', sha256(random()::text::bytea), $1 - interval '7 days', $1 FROM account",
    ),
    (
        "account_handovers",
        "WITH other AS (INSERT INTO people (id, name, email, email_verified_at, created_at) VALUES (gen_random_uuid(), 'x', gen_random_uuid() || '@example.com', $1, $1) RETURNING id), \
         account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO account_handovers (id, account_id, what, from_id, to_id, created_at, expires_at) \
         SELECT gen_random_uuid(), account.id, 'contact', $2, other.id, $1 - interval '7 days', $1 FROM account, other",
    ),
    (
        "auth_tokens",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO auth_tokens (id, account_id, slot, secret_digest, created_at, revoked_at, revoked_because) \
         SELECT gen_random_uuid(), id, 'primary', sha256(random()::text::bytea), $1 - interval '1 day', $1, 'revoked' FROM account",
    ),
    (
        "api_keys",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO api_keys (id, account_id, name, scopes, secret_digest, created_at, expires_at) \
         SELECT gen_random_uuid(), id, 'x', '{claims:read}', sha256(random()::text::bytea), $1 - interval '1 day', $1 FROM account",
    ),
    (
        "leaked_secrets",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO leaked_secrets (id, account_id, credential_kind, credential, response, reported_at) \
         SELECT gen_random_uuid(), id, 'api_key', gen_random_uuid(), 'revoke', $1 FROM account",
    ),
    (
        "api_requests",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO api_requests (id, account_id, at, method, route, status, duration_micros) \
         SELECT gen_random_uuid(), id, $1, 'GET', '/v1', 200, 1 FROM account",
    ),
    (
        "api_request_days",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO api_request_days (account_id, day, requests, errors) \
         SELECT id, $1, 1, 0 FROM account",
    ),
    (
        "idempotent_requests",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO idempotent_requests (account_id, key, request_digest, created_at) \
         SELECT id, 'x', 'digest', $1 FROM account",
    ),
    (
        "restrictions",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO restrictions (id, account_id, identifier_kind, sealed_identifier, person_keys, reason, began_by_kind, began_by, began_at, lifted_by, lifted_at) \
         SELECT gen_random_uuid(), id, 'email', 'sealed', '{1}', 'x', 'customer', $2, $1 - interval '1 day', $2, $1 FROM account",
    ),
    (
        "imports",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO imports (id, account_id, product, format, mode, began_at, updated_at) \
         SELECT gen_random_uuid(), id, 'claims', 'csv', 'best_effort', $1 - interval '1 day', $1 FROM account",
    ),
    (
        "page_views",
        "INSERT INTO page_views (day, page, referrer_host, country, purpose, views) SELECT $1, '/', '', '', 'visitors', 1 WHERE $2 IS NOT NULL",
    ),
    (
        "newsletter_sign_ups",
        "INSERT INTO newsletter_sign_ups (id, email, token_hash, wording, created_at, expires_at) \
         SELECT gen_random_uuid(), 'a@example.com', sha256(random()::text::bytea), 'x', $1, $1 + interval '7 days' WHERE $2 IS NOT NULL",
    ),
    (
        "white_paper_requests",
        "WITH paper AS (INSERT INTO white_papers (id, title, summary, body, created_at) VALUES (gen_random_uuid(), 'x', '', 'x', $1) RETURNING id) \
         INSERT INTO white_paper_requests (id, white_paper_id, email, token_hash, requested_at, expires_at) \
         SELECT gen_random_uuid(), id, 'a@example.com', sha256(random()::text::bytea), $1, $1 + interval '30 days' FROM paper WHERE $2 IS NOT NULL",
    ),
    (
        "event_registrations",
        "WITH event AS (INSERT INTO events (id, title, about, place, starts_at, ends_at, capacity, created_at) \
             VALUES (gen_random_uuid(), 'x', '', '', $1 - interval '1 hour', $1, 1, $1) RETURNING id) \
         INSERT INTO event_registrations (id, event_id, email, email_key, name, token_hash, registered_at, confirmed_at) \
         SELECT gen_random_uuid(), id, 'a@example.com', 'a@example.com', 'x', sha256(random()::text::bytea), $1 - interval '9 days', $1 FROM event WHERE $2 IS NOT NULL",
    ),
    (
        "survey_answers",
        "WITH survey AS (INSERT INTO surveys (id, title, about, questions, created_at) VALUES (gen_random_uuid(), 'x', '', '{x}', $1) RETURNING id) \
         INSERT INTO survey_answers (id, survey_id, person_id, token_hash, answers, answered_at) \
         SELECT gen_random_uuid(), id, $2, sha256(random()::text::bytea), '{x}', $1 FROM survey",
    ),
    (
        "sales_enquiries",
        "INSERT INTO sales_enquiries (id, email, message, call_wanted, token_hash, received_at) \
         SELECT gen_random_uuid(), 'a@example.com', 'x', false, sha256(random()::text::bytea), $1 WHERE $2 IS NOT NULL",
    ),
    (
        "content_deletions",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO content_deletions (id, account_id, identifier_kind, identifier_digest, claims, parties, communications, bodies, instructed_by_kind, instructed_by, instructed_at) \
         SELECT gen_random_uuid(), id, 'email', 'digest', 1, 0, 0, 0, 'customer', $2, $1 FROM account",
    ),
    (
        "contacts",
        "INSERT INTO contacts (id, email, email_key, email_digest, source, created_at, last_decided_at) \
         SELECT id, id || '@example.com', id || '@example.com', sha256(id::text::bytea), 'newsletter', $1, $1 FROM (SELECT gen_random_uuid() AS id) new WHERE $2 IS NOT NULL",
    ),
    (
        "mail_suppressions",
        "INSERT INTO mail_suppressions (id, email_digest, reason, since, lifted_at) \
         SELECT gen_random_uuid(), sha256(random()::text::bytea), 'hard_bounce', $1 - interval '1 day', $1 WHERE $2 IS NOT NULL",
    ),
    (
        "desk_claims",
        "INSERT INTO desk_claims (queue, item_id, staff_id, claimed_at, expires_at) VALUES ('requests', gen_random_uuid(), $2, $1 - interval '30 minutes', $1)",
    ),
    (
        "desk_looks",
        "INSERT INTO desk_looks (id, queue, item_id, staff_id, reason, began_at, expires_at) \
         VALUES (gen_random_uuid(), 'requests', gen_random_uuid(), $2, 'A reason of some length.', $1 - interval '15 minutes', $1)",
    ),
    (
        "data_requests",
        "WITH request AS (INSERT INTO data_requests (id, kind, asked_kind, channel, person_id, ccpa, gdpr, received_at, due_at, longest_due_at) \
             VALUES (gen_random_uuid(), 'access', 'access', 'portal', $2, true, false, $1 - interval '1 day', $1 + interval '44 days', $1 + interval '89 days') RETURNING id), \
         begun AS (INSERT INTO data_request_steps (id, request_id, act, actor_kind, actor_id, at) \
             SELECT gen_random_uuid(), id, 'received', 'requester', $2, $1 - interval '1 day' FROM request RETURNING request_id) \
         INSERT INTO data_request_steps (id, request_id, act, actor_kind, actor_id, at) \
         SELECT gen_random_uuid(), request_id, 'withdrawn', 'requester', $2, $1 FROM begun",
    ),
    (
        "disputes",
        "WITH dispute AS (INSERT INTO disputes (id, channel, person_id, subject, words, received_at, due_at) \
             VALUES (gen_random_uuid(), 'portal', $2, 'x', 'x', $1 - interval '1 day', $1 + interval '29 days') RETURNING id), \
         begun AS (INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, actor_id, at) \
             SELECT gen_random_uuid(), id, 'received', 'filer', $2, $1 - interval '1 day' FROM dispute RETURNING dispute_id) \
         INSERT INTO dispute_steps (id, dispute_id, act, actor_kind, actor_id, at) \
         SELECT gen_random_uuid(), dispute_id, 'withdrawn', 'filer', $2, $1 FROM begun",
    ),
    (
        "disclosures",
        "WITH demand AS (INSERT INTO disclosures (id, recipient_kind, recipient, ground, classes, categories, person_id, order_reference, words, received_on, recorded_by, recorded_at) \
             VALUES (gen_random_uuid(), 'legal', 'A court', 'law', '{account}', '{identifiers}', $2, 'x', 'Name and address.', ($1 - interval '1 day')::date, $2, $1 - interval '1 day') RETURNING id), \
         begun AS (INSERT INTO disclosure_steps (id, disclosure_id, act, actor_id, at) \
             SELECT gen_random_uuid(), id, 'received', gen_random_uuid(), $1 - interval '1 day' FROM demand RETURNING disclosure_id) \
         INSERT INTO disclosure_steps (id, disclosure_id, act, actor_id, at, note) \
         SELECT gen_random_uuid(), disclosure_id, 'withdrawn', gen_random_uuid(), $1, 'They wrote so.' FROM begun",
    ),
    (
        "receipts",
        "INSERT INTO receipts (id, person_id, kind, document, issued_at) VALUES (gen_random_uuid(), $2, 'request_denied', 'a.b.c', $1)",
    ),
    (
        "processing_limits",
        "INSERT INTO processing_limits (id, person_id, what, began_at, lifted_at) \
         VALUES (gen_random_uuid(), $2, 'restriction', $1 - interval '1 day', $1)",
    ),
    (
        "invoices",
        "INSERT INTO invoices (id, source, number, issued_on, due_on, currency, total_minor, tax_minor, billing_name, billing_lines, billing_city, billing_country, kept_until) \
         SELECT gen_random_uuid(), 'processor', gen_random_uuid()::text, ($1 - interval '9 years')::date, ($1 - interval '9 years')::date, 'EUR', 100, 19, 'x', '{x}', 'x', 'DE', $1 WHERE $2 IS NOT NULL",
    ),
    (
        "subscriber_records",
        "INSERT INTO subscriber_records (id, country, subject, sealed_name, sealed_address, submitted_on, outcome, decided_on, ended_on, ended_because, kept_until) \
         SELECT gen_random_uuid(), 'FR', 'customer', 'x', 'x', ($1 - interval '6 years')::date, 'accepted', ($1 - interval '6 years')::date, ($1 - interval '5 years')::date, 'withdrawn', $1 WHERE $2 IS NOT NULL",
    ),
    (
        "former_customers",
        "INSERT INTO former_customers (id, account_digest, email, name, opened_at, closed_at) SELECT gen_random_uuid(), sha256(random()::text::bytea), gen_random_uuid() || '@example.com', 'x', $1 - interval '1 year', $1 WHERE $2 IS NOT NULL",
    ),
    (
        "signal_hours",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO signal_hours (account_id, hour) SELECT id, $1 FROM account",
    ),
    (
        "signal_accounts",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO signal_accounts (account_id, changed_at) SELECT id, $1 FROM account",
    ),
    (
        "signal_recipients",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO signal_recipients (account_id, recipient_key, first_hour, last_hour) SELECT id, 1, $1, $1 FROM account",
    ),
    (
        "rule_replays",
        "WITH rule AS (INSERT INTO rules (id, name, created_by, created_at) VALUES (gen_random_uuid(), md5(random()::text), $2, $1) RETURNING id), \
         version AS (INSERT INTO rule_versions (id, rule_id, number, expression, parameters, weight, reason_code, words, level, created_by, created_at, mode_since) \
            SELECT gen_random_uuid(), id, 1, 'networks > 1', '{}', 1, 'spam', 'Words for the customer.', 'warned', $2, $1, $1 FROM rule RETURNING id) \
         INSERT INTO rule_replays (id, version_id, from_hour, to_hour, began_at, finished_at) \
         SELECT gen_random_uuid(), id, $1 - interval '30 days', $1, $1, $1 FROM version",
    ),
    (
        // Of the replay before this.
        "rule_replay_hits",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id) \
         INSERT INTO rule_replay_hits (id, replay_id, account_id, first_hour, hours, score) \
         SELECT gen_random_uuid(), r.id, a.id, $1, 1, 100 FROM rule_replays r, account a WHERE r.began_at = $1",
    ),
    (
        "rule_alerts",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id), \
         rule AS (INSERT INTO rules (id, name, created_by, created_at) VALUES (gen_random_uuid(), md5(random()::text), $2, $1) RETURNING id), \
         version AS (INSERT INTO rule_versions (id, rule_id, number, expression, parameters, weight, reason_code, words, level, created_by, created_at, mode_since) \
            SELECT gen_random_uuid(), id, 1, 'networks > 1', '{}', 1, 'spam', 'Words for the customer.', 'warned', $2, $1, $1 FROM rule RETURNING id, rule_id) \
         INSERT INTO rule_alerts (id, rule_id, version_id, account_id, raised_at, due_at, decided_at, outcome) \
         SELECT gen_random_uuid(), v.rule_id, v.id, a.id, $1, $1, $1, 'moot' FROM version v, account a",
    ),
    (
        "rule_evaluations",
        "WITH account AS (INSERT INTO accounts (id, owner_id, name, created_at) VALUES (gen_random_uuid(), $2, 'x', $1) RETURNING id), \
         rule AS (INSERT INTO rules (id, name, created_by, created_at) VALUES (gen_random_uuid(), md5(random()::text), $2, $1) RETURNING id), \
         version AS (INSERT INTO rule_versions (id, rule_id, number, expression, parameters, weight, reason_code, words, level, created_by, created_at, mode_since) \
            SELECT gen_random_uuid(), id, 1, 'networks > 1', '{}', 1, 'spam', 'Words for the customer.', 'warned', $2, $1, $1 FROM rule RETURNING id, rule_id) \
         INSERT INTO rule_evaluations (id, rule_id, version_id, account_id, at, day, mode, led_to, score, combined, inputs, vals, evidence) \
         SELECT gen_random_uuid(), v.rule_id, v.id, a.id, $1, $1::date, 'shadow', 'noted', 100, '[]', '{}', '{}', '{}' FROM version v, account a",
    ),
    (
        "holds",
        "INSERT INTO holds (id, scope, person_id, matter, reason, requested_by, requested_at, lapses_at, review_on, ended_at, ended_by, ended_because) \
         VALUES (gen_random_uuid(), 'person', $2, 'audit', 'A matter that is over.', gen_random_uuid(), $1 - interval '9 days', $1 - interval '6 days', '2999-01-01', $1, gen_random_uuid(), 'It is over.')",
    ),
    (
        "erasures",
        "INSERT INTO erasures (id, subject, cause, ordered_at, finished_at) SELECT gen_random_uuid(), 'account', 'closure', $1, $1 WHERE $2 IS NOT NULL",
    ),
    (
        "erasure_ledger",
        "INSERT INTO erasure_ledger (id, kind, blinded, erased_at) SELECT gen_random_uuid(), 'person', sha256(random()::text::bytea), $1 WHERE $2 IS NOT NULL",
    ),
    (
        "retention_runs",
        "INSERT INTO retention_runs (id, kind, began_at) SELECT gen_random_uuid(), 'nightly', $1 WHERE $2 IS NOT NULL",
    ),
];

/// A table of the job library: its rows are made through the library.
const ELSEWHERE: &[&str] = &["graphile_worker._private_jobs"];

/// When the rows of a table go, by the same words that the sweep reads.
async fn ends(app: &TestApp, rule: &Rule, rows: &Rows) -> Vec<DateTime<Utc>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Timestamptz)]
        start: DateTime<Utc>,
    }
    let query = format!("SELECT ({})::timestamptz AS start FROM {} ORDER BY 1", rows.start, rows.table);
    let found: Vec<Row> = diesel::sql_query(query).load(&mut app.conn().await).await.expect("a start");
    found.into_iter().map(|row| rule.goes_at(row.start).expect("a fixed length")).collect()
}

async fn write(app: &TestApp, sample: &str, person: PersonId, event: DateTime<Utc>) {
    diesel::sql_query(sample)
        .bind::<Timestamptz, _>(event)
        .bind::<SqlUuid, _>(person.0)
        .execute(&mut app.conn().await)
        .await
        .unwrap_or_else(|error| panic!("{error}: {sample}"));
}

#[test]
fn every_table_that_is_swept_has_a_sample_here() {
    let tables = |carried| if let Carried::Sweep(_, rows) = carried { rows } else { &[] };
    let swept: BTreeSet<&str> =
        RULES.iter().flat_map(|rule| tables(rule.carried)).map(|rows| rows.table).collect();
    let known: BTreeSet<&str> =
        SAMPLES.iter().map(|(table, _)| *table).chain(ELSEWHERE.iter().copied()).collect();
    assert_eq!(swept, known);
}

#[tokio::test]
async fn a_row_goes_when_its_time_is_reached_and_not_a_second_before() {
    let app = TestApp::start().await;
    let (early, late) =
        (app.customer("early@example.com").await.id, app.customer("late@example.com").await.id);
    let now = app.clock.now();
    // The samples bring accounts of their own, with the tokens that count here.
    diesel::sql_query("DELETE FROM auth_tokens").execute(&mut app.conn().await).await.unwrap();
    let alone = "ALTER TABLE partner_share_contacts DISABLE TRIGGER partner_share_contacts_consent";
    diesel::sql_query(alone).execute(&mut app.conn().await).await.unwrap();
    for rule in RULES {
        let Carried::Sweep(_, tables) = rule.carried else { continue };
        for rows in tables {
            let table = rows.table;
            let Some((_, sample)) = SAMPLES.iter().find(|(name, _)| *name == table) else { continue };
            let due = rule.period.cutoff(now).expect("what is swept has a length");
            write(&app, sample, early, due).await;
            write(&app, sample, late, due + Duration::seconds(60)).await;
            assert_eq!(count(&app, table).await, 2, "{table}");
            let ends = ends(&app, rule, rows).await;
            assert!(ends.len() == 2 && ends[0] <= now && ends[0] < ends[1], "{table} goes at {ends:?}");
        }
    }
    sweep::soon((*app).clone()).await.unwrap();
    sweep::nightly((*app).clone()).await.unwrap();
    for (table, _) in SAMPLES {
        // Both sweeps wrote what they did.
        let kept = if *table == "retention_runs" { 3 } else { 1 };
        assert_eq!(count(&app, table).await, kept, "{table}");
    }
    assert_eq!(count(&app, "audit_events").await, 2, "the chain itself stays");
    app.mailbox().await;
}
