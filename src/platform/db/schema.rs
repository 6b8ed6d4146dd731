// @generated automatically by Diesel CLI.

diesel::table! {
    account_recoveries (id) {
        id -> Uuid,
        person_id -> Uuid,
        credential_version -> Int4,
        cancel_token_hash -> Bytea,
        finish_token_hash -> Nullable<Bytea>,
        requested_at -> Timestamptz,
        ready_at -> Timestamptz,
        announced_at -> Nullable<Timestamptz>,
        expires_at -> Timestamptz,
        cancelled_at -> Nullable<Timestamptz>,
        cancelled_because -> Nullable<Text>,
        completed_at -> Nullable<Timestamptz>,
        ip -> Nullable<Inet>,
        country -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    accounts (id) {
        id -> Uuid,
        owner_id -> Uuid,
        name -> Text,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    audit_details (event_id) {
        event_id -> Uuid,
        salt -> Bytea,
        ip -> Nullable<Inet>,
        country -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    audit_events (seq) {
        seq -> Int8,
        id -> Uuid,
        at -> Timestamptz,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        subject_kind -> Text,
        subject_id -> Nullable<Uuid>,
        action -> Text,
        request_id -> Nullable<Uuid>,
        details_digest -> Bytea,
        previous_hash -> Bytea,
        hash -> Bytea,
    }
}

diesel::table! {
    audit_verifications (id) {
        id -> Uuid,
        verified_at -> Timestamptz,
        events -> Int8,
        broken_seq -> Nullable<Int8>,
        broken_why -> Nullable<Text>,
    }
}

diesel::table! {
    development_clock (only_row) {
        only_row -> Bool,
        advanced_seconds -> Int8,
    }
}

diesel::table! {
    email_changes (id) {
        id -> Uuid,
        person_id -> Uuid,
        old_email -> Text,
        new_email -> Text,
        token_hash -> Bytea,
        undo_token_hash -> Nullable<Bytea>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        undo_until -> Nullable<Timestamptz>,
        undone_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    known_browsers (id) {
        id -> Uuid,
        person_id -> Uuid,
        token_hash -> Bytea,
        user_agent -> Nullable<Text>,
        country -> Nullable<Text>,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
    }
}

diesel::table! {
    message_attempts (id) {
        id -> Uuid,
        message_id -> Uuid,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        detail -> Nullable<Text>,
    }
}

diesel::table! {
    messages (id) {
        id -> Uuid,
        kind -> Text,
        name -> Text,
        class -> Text,
        person_id -> Nullable<Uuid>,
        recipient -> Text,
        subject -> Text,
        sealed_body -> Nullable<Bytea>,
        message_id -> Text,
        created_at -> Timestamptz,
        sent_at -> Nullable<Timestamptz>,
        failed_at -> Nullable<Timestamptz>,
        tried_again_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    passkey_ceremonies (id) {
        id -> Uuid,
        purpose -> Text,
        person_id -> Nullable<Uuid>,
        state -> Jsonb,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    passkeys (id) {
        id -> Uuid,
        person_id -> Uuid,
        credential_id -> Bytea,
        credential -> Jsonb,
        name -> Text,
        created_at -> Timestamptz,
        last_used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    password_resets (id) {
        id -> Uuid,
        person_id -> Uuid,
        token_hash -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    people (id) {
        id -> Uuid,
        name -> Text,
        email -> Text,
        company -> Nullable<Text>,
        role -> Nullable<Text>,
        phone -> Nullable<Text>,
        phone_verified_at -> Nullable<Timestamptz>,
        email_verified_at -> Timestamptz,
        password_hash -> Nullable<Text>,
        password_changed_at -> Nullable<Timestamptz>,
        credential_version -> Int4,
        onboarding_call_refused_at -> Nullable<Timestamptz>,
        marketing_consented_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    phone_verifications (id) {
        id -> Uuid,
        sign_up_id -> Nullable<Uuid>,
        person_id -> Nullable<Uuid>,
        phone -> Text,
        code_digest -> Bytea,
        attempts_left -> Int4,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    rate_limits (bucket) {
        bucket -> Bytea,
        full_at -> Timestamptz,
    }
}

diesel::table! {
    record_views (id) {
        id -> Uuid,
        staff_id -> Uuid,
        person_id -> Uuid,
        role -> Text,
        reason -> Text,
        viewed_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    recovery_codes (id) {
        id -> Uuid,
        person_id -> Uuid,
        code_digest -> Bytea,
        created_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    recovery_optins (person_id) {
        person_id -> Uuid,
        opted_in_at -> Timestamptz,
    }
}

diesel::table! {
    security_alerts (id) {
        id -> Uuid,
        person_id -> Uuid,
        event -> Text,
        token_hash -> Bytea,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        used_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sessions (id) {
        id -> Uuid,
        token_hash -> Bytea,
        person_id -> Nullable<Uuid>,
        credential_version -> Nullable<Int4>,
        kind -> Text,
        state -> Jsonb,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
        expires_at -> Timestamptz,
        idle_seconds -> Int4,
        authenticated_at -> Nullable<Timestamptz>,
        reauthenticated_at -> Nullable<Timestamptz>,
        ip -> Nullable<Inet>,
        country -> Nullable<Text>,
        user_agent -> Nullable<Text>,
    }
}

diesel::table! {
    sign_in_failures (email_digest) {
        email_digest -> Bytea,
        consecutive -> Int4,
        last_at -> Timestamptz,
    }
}

diesel::table! {
    sign_ins (id) {
        id -> Uuid,
        person_id -> Nullable<Uuid>,
        email_digest -> Nullable<Bytea>,
        at -> Timestamptz,
        method -> Text,
        outcome -> Text,
        ip -> Nullable<Inet>,
        country -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        session_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    sign_ups (id) {
        id -> Uuid,
        name -> Text,
        email -> Text,
        company -> Nullable<Text>,
        phone -> Text,
        password_hash -> Text,
        terms_version -> Text,
        terms_accepted_at -> Timestamptz,
        onboarding_call_refused_at -> Nullable<Timestamptz>,
        marketing_consented_at -> Nullable<Timestamptz>,
        email_token_hash -> Bytea,
        email_confirmed_at -> Nullable<Timestamptz>,
        ip -> Nullable<Inet>,
        country -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    staff_invitations (id) {
        id -> Uuid,
        email -> Text,
        role -> Text,
        token_hash -> Bytea,
        invited_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        accepted_at -> Nullable<Timestamptz>,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    staff_roles (person_id, role) {
        person_id -> Uuid,
        role -> Text,
        granted_by -> Nullable<Uuid>,
        granted_at -> Timestamptz,
    }
}

diesel::table! {
    terms_acceptances (id) {
        id -> Uuid,
        person_id -> Uuid,
        document -> Text,
        version -> Text,
        accepted_at -> Timestamptz,
        ip -> Nullable<Inet>,
    }
}

diesel::table! {
    totp_enrolments (person_id) {
        person_id -> Uuid,
        sealed_secret -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    totp_factors (person_id) {
        person_id -> Uuid,
        sealed_secret -> Bytea,
        last_step -> Int8,
        created_at -> Timestamptz,
        last_used_at -> Timestamptz,
    }
}

diesel::joinable!(account_recoveries -> people (person_id));
diesel::joinable!(accounts -> people (owner_id));
diesel::joinable!(email_changes -> people (person_id));
diesel::joinable!(known_browsers -> people (person_id));
diesel::joinable!(message_attempts -> messages (message_id));
diesel::joinable!(messages -> people (person_id));
diesel::joinable!(passkeys -> people (person_id));
diesel::joinable!(password_resets -> people (person_id));
diesel::joinable!(phone_verifications -> people (person_id));
diesel::joinable!(phone_verifications -> sign_ups (sign_up_id));
diesel::joinable!(record_views -> people (person_id));
diesel::joinable!(recovery_codes -> people (person_id));
diesel::joinable!(recovery_optins -> people (person_id));
diesel::joinable!(security_alerts -> people (person_id));
diesel::joinable!(sessions -> people (person_id));
diesel::joinable!(sign_ins -> people (person_id));
diesel::joinable!(staff_roles -> people (person_id));
diesel::joinable!(terms_acceptances -> people (person_id));
diesel::joinable!(totp_enrolments -> people (person_id));
diesel::joinable!(totp_factors -> people (person_id));

diesel::allow_tables_to_appear_in_same_query!(
    account_recoveries,
    accounts,
    audit_details,
    audit_events,
    audit_verifications,
    development_clock,
    email_changes,
    known_browsers,
    message_attempts,
    messages,
    passkey_ceremonies,
    passkeys,
    password_resets,
    people,
    phone_verifications,
    rate_limits,
    record_views,
    recovery_codes,
    recovery_optins,
    security_alerts,
    sessions,
    sign_in_failures,
    sign_ins,
    sign_ups,
    staff_invitations,
    staff_roles,
    terms_acceptances,
    totp_enrolments,
    totp_factors,
);
