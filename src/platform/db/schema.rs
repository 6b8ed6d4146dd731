// @generated automatically by Diesel CLI.

diesel::table! {
    account_closures (id) {
        id -> Uuid,
        account_id -> Uuid,
        requested_by_kind -> Text,
        requested_by -> Uuid,
        note -> Nullable<Text>,
        requested_at -> Timestamptz,
        from_state -> Text,
        content_until -> Timestamptz,
        data_until -> Timestamptz,
        undone_at -> Nullable<Timestamptz>,
        undone_by -> Nullable<Uuid>,
        content_ordered_at -> Nullable<Timestamptz>,
        data_ordered_at -> Nullable<Timestamptz>,
        reminded_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    account_handovers (id) {
        id -> Uuid,
        account_id -> Uuid,
        what -> Text,
        from_id -> Uuid,
        to_id -> Uuid,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        accepted_at -> Nullable<Timestamptz>,
        declined_at -> Nullable<Timestamptz>,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    account_invitations (id) {
        id -> Uuid,
        account_id -> Uuid,
        email -> Text,
        role -> Text,
        token_hash -> Bytea,
        invited_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        accepted_at -> Nullable<Timestamptz>,
        declined_at -> Nullable<Timestamptz>,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    account_members (account_id, person_id) {
        account_id -> Uuid,
        person_id -> Uuid,
        role -> Text,
        invited_by -> Nullable<Uuid>,
        joined_at -> Timestamptz,
    }
}

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
    account_states (id) {
        id -> Uuid,
        account_id -> Uuid,
        state -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        reason -> Text,
        began_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    accounts (id) {
        id -> Uuid,
        owner_id -> Uuid,
        name -> Text,
        created_at -> Timestamptz,
        contact_id -> Nullable<Uuid>,
        leak_response -> Text,
    }
}

diesel::table! {
    api_keys (id) {
        id -> Uuid,
        account_id -> Uuid,
        name -> Text,
        scopes -> Array<Nullable<Text>>,
        secret_digest -> Bytea,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        expiry_announced_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        last_used_ip -> Nullable<Inet>,
        last_used_country -> Nullable<Text>,
        last_used_agent -> Nullable<Text>,
        revoked_at -> Nullable<Timestamptz>,
        revoked_because -> Nullable<Text>,
    }
}

diesel::table! {
    api_request_days (account_id, day) {
        account_id -> Uuid,
        day -> Timestamptz,
        requests -> Int8,
        errors -> Int8,
    }
}

diesel::table! {
    api_requests (id) {
        id -> Uuid,
        account_id -> Uuid,
        at -> Timestamptz,
        method -> Text,
        route -> Text,
        status -> Int4,
        credential_kind -> Nullable<Text>,
        credential -> Nullable<Uuid>,
        ip -> Nullable<Inet>,
        country -> Nullable<Text>,
        duration_micros -> Int8,
    }
}

diesel::table! {
    appeal_files (file_id) {
        file_id -> Uuid,
        appeal_id -> Uuid,
        message_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    appeal_messages (id) {
        id -> Uuid,
        appeal_id -> Uuid,
        author_kind -> Text,
        author_id -> Uuid,
        body -> Text,
        sent_at -> Timestamptz,
    }
}

diesel::table! {
    appeals (id) {
        id -> Uuid,
        suspension_id -> Uuid,
        account_id -> Uuid,
        round -> Int4,
        filed_by -> Nullable<Uuid>,
        words -> Text,
        filed_at -> Timestamptz,
        due_at -> Timestamptz,
        first_answered_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        decision_words -> Nullable<Text>,
        version -> Int4,
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
        at -> Timestamptz,
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
    auth_tokens (id) {
        id -> Uuid,
        account_id -> Uuid,
        slot -> Text,
        secret_digest -> Bytea,
        sealed_secret -> Nullable<Bytea>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        last_used_at -> Nullable<Timestamptz>,
        last_used_ip -> Nullable<Inet>,
        last_used_country -> Nullable<Text>,
        last_used_agent -> Nullable<Text>,
        revoked_at -> Nullable<Timestamptz>,
        revoked_because -> Nullable<Text>,
    }
}

diesel::table! {
    campaign_rates (lane) {
        lane -> Text,
        free_at -> Timestamptz,
    }
}

diesel::table! {
    campaign_recipients (id) {
        id -> Uuid,
        campaign_id -> Uuid,
        contact_id -> Nullable<Uuid>,
        state -> Text,
        attempts -> Int2,
        doubts -> Int2,
        worker -> Nullable<Int4>,
        began_at -> Nullable<Timestamptz>,
        not_before -> Nullable<Timestamptz>,
        settled_at -> Nullable<Timestamptz>,
        detail -> Nullable<Text>,
        bounced_at -> Nullable<Timestamptz>,
        complained_at -> Nullable<Timestamptz>,
        unsubscribed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    campaign_states (id) {
        id -> Uuid,
        campaign_id -> Uuid,
        state -> Text,
        at -> Timestamptz,
        person_id -> Nullable<Uuid>,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    campaigns (id) {
        id -> Uuid,
        name -> Text,
        topic -> Text,
        subject -> Text,
        body -> Text,
        audience_state -> Nullable<Text>,
        audience_country -> Nullable<Text>,
        audience_company -> Nullable<Text>,
        state -> Text,
        scheduled_for -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        created_by -> Nullable<Uuid>,
        changed_at -> Timestamptz,
        changed_by -> Nullable<Uuid>,
        approved_at -> Nullable<Timestamptz>,
        approved_by -> Nullable<Uuid>,
        open_from -> Nullable<Uuid>,
        at_rest_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    claims (id) {
        id -> Uuid,
        account_id -> Uuid,
        claim_number -> Text,
        insurer -> Text,
        policy_number -> Nullable<Text>,
        friendly_name -> Nullable<Text>,
        state -> Text,
        lost_on -> Date,
        reported_on -> Nullable<Date>,
        parties -> Jsonb,
        vin -> Nullable<Text>,
        vehicle_make -> Nullable<Text>,
        vehicle_model -> Nullable<Text>,
        vehicle_year -> Nullable<Int4>,
        lender -> Nullable<Text>,
        sealed_loan_number -> Nullable<Bytea>,
        loan_number_last4 -> Nullable<Text>,
        claimed_amount -> Nullable<Int8>,
        settled_amount -> Nullable<Int8>,
        currency -> Nullable<Text>,
        notes -> Nullable<Text>,
        person_keys -> Array<Nullable<Int8>>,
        restriction_id -> Nullable<Uuid>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    communication_bodies (communication_id) {
        communication_id -> Uuid,
        sealed_body -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    communication_statuses (id) {
        id -> Uuid,
        communication_id -> Uuid,
        status -> Text,
        detail -> Nullable<Text>,
        at -> Timestamptz,
    }
}

diesel::table! {
    communications (id) {
        id -> Uuid,
        account_id -> Uuid,
        claim_id -> Nullable<Uuid>,
        channel -> Text,
        direction -> Text,
        sender -> Nullable<Text>,
        recipient -> Nullable<Text>,
        device_token -> Nullable<Text>,
        friendly_name -> Nullable<Text>,
        status -> Text,
        status_at -> Timestamptz,
        person_keys -> Array<Nullable<Int8>>,
        restriction_id -> Nullable<Uuid>,
        version -> Int4,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        body_key -> Nullable<Int8>,
    }
}

diesel::table! {
    contact_partners (contact_id, partner_id) {
        contact_id -> Uuid,
        partner_id -> Uuid,
        consented -> Bool,
        decision_id -> Uuid,
    }
}

diesel::table! {
    contact_topics (contact_id, topic, channel) {
        contact_id -> Uuid,
        topic -> Text,
        channel -> Text,
        subscribed -> Bool,
        decision_id -> Uuid,
        decided_at -> Timestamptz,
    }
}

diesel::table! {
    contact_views (id) {
        id -> Uuid,
        staff_id -> Uuid,
        email_digest -> Bytea,
        person_id -> Nullable<Uuid>,
        role -> Text,
        reason -> Text,
        viewed_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    contacts (id) {
        id -> Uuid,
        email -> Text,
        email_key -> Text,
        email_digest -> Bytea,
        name -> Nullable<Text>,
        company -> Nullable<Text>,
        person_id -> Nullable<Uuid>,
        country -> Nullable<Text>,
        source -> Text,
        created_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        last_decided_at -> Timestamptz,
        paused_until -> Nullable<Timestamptz>,
        monthly_limit -> Nullable<Int4>,
        stopped_at -> Nullable<Timestamptz>,
        replaced_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    content_deletion_steps (deletion_id, step) {
        deletion_id -> Uuid,
        step -> Text,
        due_at -> Timestamptz,
        done_at -> Nullable<Timestamptz>,
        alerted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    content_deletions (id) {
        id -> Uuid,
        account_id -> Uuid,
        identifier_kind -> Text,
        identifier_digest -> Bytea,
        claims -> Int8,
        parties -> Int8,
        communications -> Int8,
        bodies -> Int8,
        instructed_by_kind -> Text,
        instructed_by -> Uuid,
        instructed_at -> Timestamptz,
    }
}

diesel::table! {
    data_request_codes (id) {
        id -> Uuid,
        request_id -> Uuid,
        code_digest -> Bytea,
        sent_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    data_request_message_files (file_id) {
        file_id -> Uuid,
        message_id -> Uuid,
    }
}

diesel::table! {
    data_request_messages (id) {
        id -> Uuid,
        request_id -> Uuid,
        author_kind -> Text,
        author_id -> Nullable<Uuid>,
        body -> Text,
        sent_at -> Timestamptz,
    }
}

diesel::table! {
    data_request_steps (id) {
        id -> Uuid,
        request_id -> Uuid,
        seq -> Int4,
        state -> Text,
        act -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        at -> Timestamptz,
        how -> Nullable<Text>,
        until -> Nullable<Timestamptz>,
        note -> Nullable<Text>,
        words -> Nullable<Text>,
        reason_code -> Nullable<Text>,
        legal_ground -> Nullable<Text>,
        look_again_on -> Nullable<Date>,
        seen_version -> Nullable<Int4>,
    }
}

diesel::table! {
    data_request_tries (id) {
        id -> Uuid,
        request_id -> Uuid,
        what -> Text,
        matched -> Bool,
        points -> Int4,
        tried_at -> Timestamptz,
    }
}

diesel::table! {
    data_request_withheld (id) {
        id -> Uuid,
        request_id -> Uuid,
        item -> Text,
        reason_code -> Text,
        legal_ground -> Text,
        words -> Text,
        look_again_on -> Date,
    }
}

diesel::table! {
    data_requests (id) {
        id -> Uuid,
        kind -> Text,
        asked_kind -> Text,
        channel -> Text,
        state -> Text,
        version -> Int4,
        person_id -> Nullable<Uuid>,
        email -> Nullable<Text>,
        name -> Nullable<Text>,
        agent -> Nullable<Text>,
        agent_permission_at -> Nullable<Timestamptz>,
        account_id -> Nullable<Uuid>,
        details -> Nullable<Text>,
        ccpa -> Bool,
        gdpr -> Bool,
        received_at -> Timestamptz,
        acknowledged_at -> Nullable<Timestamptz>,
        due_at -> Timestamptz,
        longest_due_at -> Timestamptz,
        verified_at -> Nullable<Timestamptz>,
        verified_how -> Nullable<Text>,
        confirmed_at -> Nullable<Timestamptz>,
        grace_until -> Nullable<Timestamptz>,
        fraud_suspected_at -> Nullable<Timestamptz>,
        customer_informed_at -> Nullable<Timestamptz>,
        informing_barred_at -> Nullable<Timestamptz>,
        customer_agreed_at -> Nullable<Timestamptz>,
        closed_at -> Nullable<Timestamptz>,
        reminded -> Int4,
    }
}

diesel::table! {
    deleted_records (id) {
        id -> Uuid,
        account_id -> Uuid,
        kind -> Text,
        blinded -> Bytea,
        person_keys -> Array<Nullable<Int8>>,
        deleted_at -> Timestamptz,
        mirrored_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    desk_claims (queue, item_id) {
        queue -> Text,
        item_id -> Uuid,
        staff_id -> Uuid,
        claimed_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    desk_looks (id) {
        id -> Uuid,
        queue -> Text,
        item_id -> Uuid,
        staff_id -> Uuid,
        reason -> Text,
        began_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    development_clock (only_row) {
        only_row -> Bool,
        advanced_seconds -> Int8,
    }
}

diesel::table! {
    disclosure_steps (id) {
        id -> Uuid,
        disclosure_id -> Uuid,
        seq -> Int4,
        state -> Text,
        act -> Text,
        actor_id -> Uuid,
        at -> Timestamptz,
        note -> Nullable<Text>,
        words -> Nullable<Text>,
        outcome -> Nullable<Text>,
        silent_until -> Nullable<Date>,
        handed_on -> Nullable<Date>,
        seen_version -> Nullable<Int4>,
    }
}

diesel::table! {
    disclosures (id) {
        id -> Uuid,
        state -> Text,
        version -> Int4,
        recipient_kind -> Text,
        recipient -> Text,
        ground -> Nullable<Text>,
        sale -> Bool,
        classes -> Array<Nullable<Text>>,
        categories -> Array<Nullable<Text>>,
        person_id -> Nullable<Uuid>,
        account_id -> Nullable<Uuid>,
        order_reference -> Nullable<Text>,
        words -> Nullable<Text>,
        method -> Nullable<Text>,
        received_on -> Date,
        silent_since -> Nullable<Date>,
        silent_until -> Nullable<Date>,
        silent_because -> Nullable<Text>,
        told_at -> Nullable<Timestamptz>,
        transfer_on -> Nullable<Date>,
        recorded_by -> Uuid,
        recorded_at -> Timestamptz,
        approved_by -> Nullable<Uuid>,
        approved_at -> Nullable<Timestamptz>,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    dispute_files (file_id) {
        file_id -> Uuid,
        dispute_id -> Uuid,
        message_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    dispute_messages (id) {
        id -> Uuid,
        dispute_id -> Uuid,
        author_kind -> Text,
        author_id -> Nullable<Uuid>,
        body -> Text,
        sent_at -> Timestamptz,
    }
}

diesel::table! {
    dispute_steps (id) {
        id -> Uuid,
        dispute_id -> Uuid,
        seq -> Int4,
        state -> Text,
        act -> Text,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        at -> Timestamptz,
        note -> Nullable<Text>,
        words -> Nullable<Text>,
        seen_version -> Nullable<Int4>,
    }
}

diesel::table! {
    disputes (id) {
        id -> Uuid,
        channel -> Text,
        state -> Text,
        version -> Int4,
        person_id -> Nullable<Uuid>,
        email -> Nullable<Text>,
        name -> Nullable<Text>,
        postal_address -> Nullable<Text>,
        subject -> Nullable<Text>,
        words -> Nullable<Text>,
        received_at -> Timestamptz,
        due_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
        reminded -> Int4,
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
        moved -> Array<Nullable<Uuid>>,
    }
}

diesel::table! {
    erasure_ledger (id) {
        id -> Uuid,
        kind -> Text,
        blinded -> Bytea,
        erased_at -> Timestamptz,
    }
}

diesel::table! {
    erasures (id) {
        id -> Uuid,
        subject -> Text,
        subject_id -> Nullable<Uuid>,
        cause -> Text,
        request_id -> Nullable<Uuid>,
        ordered_at -> Timestamptz,
        began_at -> Nullable<Timestamptz>,
        tries -> Int4,
        held_since -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        found -> Jsonb,
    }
}

diesel::table! {
    event_registrations (id) {
        id -> Uuid,
        event_id -> Uuid,
        email -> Text,
        email_key -> Text,
        name -> Text,
        company -> Nullable<Text>,
        country -> Nullable<Text>,
        token_hash -> Bytea,
        registered_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        cancelled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    events (id) {
        id -> Uuid,
        title -> Text,
        about -> Text,
        place -> Text,
        starts_at -> Timestamptz,
        ends_at -> Timestamptz,
        capacity -> Int4,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        cancelled_at -> Nullable<Timestamptz>,
        told_up_to -> Nullable<Uuid>,
    }
}

diesel::table! {
    exports (id) {
        id -> Uuid,
        person_id -> Uuid,
        account_id -> Nullable<Uuid>,
        requested_at -> Timestamptz,
        attempts -> Int4,
        began_at -> Nullable<Timestamptz>,
        tables_total -> Int4,
        tables_done -> Int4,
        rows_done -> Int8,
        at_table -> Nullable<Text>,
        stumbled_at -> Nullable<Timestamptz>,
        stumbled_in -> Nullable<Text>,
        given_up_at -> Nullable<Timestamptz>,
        as_of -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        file -> Nullable<Text>,
        bytes -> Nullable<Int8>,
        sha256 -> Nullable<Bytea>,
        expires_at -> Nullable<Timestamptz>,
        fetched_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        removed_at -> Nullable<Timestamptz>,
        stumbled_over -> Nullable<Text>,
    }
}

diesel::table! {
    files (id) {
        id -> Uuid,
        name -> Text,
        media_type -> Text,
        bytes -> Int8,
        sha256 -> Bytea,
        uploaded_by_kind -> Text,
        uploaded_by -> Nullable<Uuid>,
        uploaded_at -> Timestamptz,
        missing_since -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    former_customers (id) {
        id -> Uuid,
        email -> Text,
        name -> Text,
        company -> Nullable<Text>,
        opened_at -> Timestamptz,
        closed_at -> Timestamptz,
        account_digest -> Bytea,
    }
}

diesel::table! {
    holds (id) {
        id -> Uuid,
        scope -> Text,
        person_id -> Nullable<Uuid>,
        account_id -> Nullable<Uuid>,
        table_name -> Nullable<Text>,
        identifier_kind -> Nullable<Text>,
        sealed_identifier -> Nullable<Bytea>,
        person_keys -> Nullable<Array<Nullable<Int8>>>,
        digests -> Nullable<Array<Nullable<Bytea>>>,
        matter -> Text,
        reason -> Nullable<Text>,
        silent_because -> Nullable<Text>,
        requested_by -> Uuid,
        requested_at -> Timestamptz,
        lapses_at -> Timestamptz,
        approved_by -> Nullable<Uuid>,
        approved_at -> Nullable<Timestamptz>,
        review_on -> Date,
        reminded_for -> Nullable<Date>,
        ended_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
        ended_because -> Nullable<Text>,
    }
}

diesel::table! {
    idempotent_requests (account_id, key) {
        account_id -> Uuid,
        key -> Text,
        request_digest -> Bytea,
        status -> Nullable<Int4>,
        headers -> Jsonb,
        sealed_answer -> Nullable<Bytea>,
        resource_id -> Nullable<Uuid>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    imports (id) {
        id -> Uuid,
        account_id -> Uuid,
        key -> Nullable<Text>,
        product -> Text,
        format -> Text,
        mode -> Text,
        lines_done -> Int8,
        imported -> Int8,
        refused -> Int8,
        errors -> Jsonb,
        progress_digest -> Nullable<Bytea>,
        began_at -> Timestamptz,
        updated_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    invoices (id) {
        id -> Uuid,
        account_id -> Nullable<Uuid>,
        source -> Text,
        number -> Text,
        issued_on -> Date,
        due_on -> Date,
        currency -> Text,
        total_minor -> Int8,
        tax_minor -> Int8,
        billing_name -> Text,
        billing_lines -> Array<Nullable<Text>>,
        billing_postal_code -> Nullable<Text>,
        billing_city -> Text,
        billing_country -> Text,
        settled_on -> Nullable<Date>,
        voided_on -> Nullable<Date>,
        voided_because -> Nullable<Text>,
        kept_until -> Timestamptz,
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
    leaked_secrets (id) {
        id -> Uuid,
        account_id -> Uuid,
        credential_kind -> Text,
        credential -> Uuid,
        response -> Text,
        reported_at -> Timestamptz,
    }
}

diesel::table! {
    mail_reports (id) {
        id -> Uuid,
        provider -> Text,
        external_id -> Text,
        kind -> Text,
        contact_id -> Nullable<Uuid>,
        recipient_id -> Nullable<Uuid>,
        message_id -> Nullable<Uuid>,
        detail -> Text,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    mail_suppressions (id) {
        id -> Uuid,
        email_digest -> Bytea,
        reason -> Text,
        since -> Timestamptz,
        detail -> Nullable<Text>,
        lifted_at -> Nullable<Timestamptz>,
        made_by -> Nullable<Uuid>,
        lifted_by -> Nullable<Uuid>,
        lifted_because -> Nullable<Text>,
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
    newsletter_sign_ups (id) {
        id -> Uuid,
        email -> Text,
        token_hash -> Bytea,
        wording -> Text,
        country -> Nullable<Text>,
        created_at -> Timestamptz,
        expires_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    page_views (day, page, referrer_host, country, purpose) {
        day -> Timestamptz,
        page -> Text,
        referrer_host -> Text,
        country -> Text,
        purpose -> Text,
        views -> Int8,
    }
}

diesel::table! {
    partner_decisions (id) {
        id -> Uuid,
        seq -> Int8,
        contact_id -> Uuid,
        partner_id -> Uuid,
        choice -> Text,
        decided_at -> Timestamptz,
        actor -> Text,
        actor_id -> Nullable<Uuid>,
        via -> Text,
        wording -> Text,
        country -> Nullable<Text>,
    }
}

diesel::table! {
    partner_share_contacts (id) {
        id -> Uuid,
        share_id -> Uuid,
        partner_id -> Uuid,
        contact_id -> Nullable<Uuid>,
        decision_id -> Nullable<Uuid>,
        shared_at -> Timestamptz,
        told_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    partner_shares (id) {
        id -> Uuid,
        partner_id -> Uuid,
        ground -> Text,
        made_by -> Uuid,
        made_at -> Timestamptz,
        contacts -> Int8,
    }
}

diesel::table! {
    partners (id) {
        id -> Uuid,
        name -> Text,
        sends -> Text,
        policy_url -> Text,
        contact_email -> Text,
        proposed_by -> Uuid,
        proposed_at -> Timestamptz,
        approved_by -> Nullable<Uuid>,
        approved_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
        ended_at -> Nullable<Timestamptz>,
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
        has_totp -> Bool,
        has_passkey -> Bool,
        held_roles -> Array<Nullable<Text>>,
        recovery_version -> Nullable<Int4>,
        recovery_until -> Nullable<Timestamptz>,
        undertaking_version -> Nullable<Date>,
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
    preference_decisions (id) {
        id -> Uuid,
        seq -> Int8,
        contact_id -> Uuid,
        topic -> Nullable<Text>,
        channel -> Text,
        choice -> Text,
        paused_until -> Nullable<Timestamptz>,
        monthly_limit -> Nullable<Int4>,
        decided_at -> Timestamptz,
        actor -> Text,
        actor_id -> Nullable<Uuid>,
        via -> Text,
        wording -> Text,
        country -> Nullable<Text>,
        campaign_id -> Nullable<Uuid>,
        reason -> Nullable<Text>,
        cancelled_messages -> Int8,
    }
}

diesel::table! {
    processing_limits (id) {
        id -> Uuid,
        person_id -> Uuid,
        what -> Text,
        request_id -> Nullable<Uuid>,
        began_at -> Timestamptz,
        lifted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    rate_limits (bucket) {
        bucket -> Bytea,
        full_at -> Timestamptz,
    }
}

diesel::table! {
    receipts (id) {
        id -> Uuid,
        person_id -> Nullable<Uuid>,
        account_id -> Nullable<Uuid>,
        request_id -> Nullable<Uuid>,
        kind -> Text,
        document -> Text,
        issued_at -> Timestamptz,
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
    restores (id) {
        id -> Uuid,
        backup -> Text,
        taken_at -> Timestamptz,
        began_at -> Timestamptz,
        restored_at -> Nullable<Timestamptz>,
        ledger_replayed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    restrictions (id) {
        id -> Uuid,
        account_id -> Uuid,
        identifier_kind -> Text,
        sealed_identifier -> Bytea,
        person_keys -> Array<Nullable<Int8>>,
        reason -> Text,
        began_by_kind -> Text,
        began_by -> Uuid,
        began_at -> Timestamptz,
        lifted_by -> Nullable<Uuid>,
        lifted_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    retention_runs (id) {
        id -> Uuid,
        kind -> Text,
        began_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
        deleted -> Jsonb,
    }
}

diesel::table! {
    rule_alerts (id) {
        id -> Uuid,
        rule_id -> Uuid,
        version_id -> Uuid,
        evaluation_id -> Nullable<Uuid>,
        account_id -> Uuid,
        raised_at -> Timestamptz,
        due_at -> Timestamptz,
        decided_at -> Nullable<Timestamptz>,
        decided_by -> Nullable<Uuid>,
        outcome -> Nullable<Text>,
        reason -> Nullable<Text>,
        suspension_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    rule_evaluations (id) {
        id -> Uuid,
        rule_id -> Uuid,
        version_id -> Uuid,
        account_id -> Uuid,
        at -> Timestamptz,
        day -> Date,
        mode -> Text,
        led_to -> Text,
        score -> Int4,
        combined -> Jsonb,
        inputs -> Jsonb,
        vals -> Jsonb,
        evidence -> Jsonb,
    }
}

diesel::table! {
    rule_modes (id) {
        id -> Uuid,
        version_id -> Uuid,
        seq -> Int4,
        mode -> Text,
        proposal_id -> Nullable<Uuid>,
        set_by -> Nullable<Uuid>,
        because -> Text,
        at -> Timestamptz,
    }
}

diesel::table! {
    rule_proposals (id) {
        id -> Uuid,
        version_id -> Uuid,
        mode -> Text,
        replay_id -> Nullable<Uuid>,
        why -> Text,
        proposed_by -> Uuid,
        proposed_at -> Timestamptz,
        decided_by -> Nullable<Uuid>,
        decided_at -> Nullable<Timestamptz>,
        outcome -> Nullable<Text>,
    }
}

diesel::table! {
    rule_replay_hits (id) {
        id -> Uuid,
        replay_id -> Uuid,
        account_id -> Uuid,
        first_hour -> Timestamptz,
        hours -> Int4,
        score -> Int4,
    }
}

diesel::table! {
    rule_replays (id) {
        id -> Uuid,
        version_id -> Uuid,
        from_hour -> Timestamptz,
        to_hour -> Timestamptz,
        began_at -> Timestamptz,
        done_account -> Nullable<Uuid>,
        accounts -> Int8,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    rule_versions (id) {
        id -> Uuid,
        rule_id -> Uuid,
        number -> Int4,
        expression -> Text,
        parameters -> Jsonb,
        weight -> Int4,
        reason_code -> Text,
        words -> Text,
        level -> Text,
        hours -> Nullable<Int4>,
        created_by -> Uuid,
        created_at -> Timestamptz,
        mode -> Text,
        mode_since -> Timestamptz,
    }
}

diesel::table! {
    rules (id) {
        id -> Uuid,
        name -> Text,
        created_by -> Uuid,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    sales_enquiries (id) {
        id -> Uuid,
        email -> Text,
        name -> Nullable<Text>,
        company -> Nullable<Text>,
        role -> Nullable<Text>,
        use_case -> Nullable<Text>,
        message -> Text,
        phone -> Nullable<Text>,
        call_wanted -> Bool,
        country -> Nullable<Text>,
        token_hash -> Bytea,
        received_at -> Timestamptz,
        confirmed_at -> Nullable<Timestamptz>,
        answered_at -> Nullable<Timestamptz>,
        answered_by -> Nullable<Uuid>,
    }
}

diesel::table! {
    saved_views (id) {
        id -> Uuid,
        staff_id -> Uuid,
        queue -> Text,
        name -> Text,
        query -> Text,
        created_at -> Timestamptz,
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
    sign_in_failures (subject_digest) {
        subject_digest -> Bytea,
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
    signal_accounts (account_id) {
        account_id -> Uuid,
        changed_at -> Timestamptz,
        looked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    signal_hours (account_id, hour) {
        account_id -> Uuid,
        hour -> Timestamptz,
        requests -> Int4,
        errors -> Int4,
        key_networks -> Array<Nullable<Int8>>,
        outbound -> Int4,
        recipients -> Int4,
        new_recipients -> Int4,
        bounced -> Int4,
        complained -> Int4,
        bodies -> Int4,
        same_body -> Int4,
        sign_in_failures -> Int4,
        countries -> Array<Nullable<Int8>>,
        leaks -> Int4,
        mail_reports -> Int4,
    }
}

diesel::table! {
    signal_progress (only_row) {
        only_row -> Bool,
        counted_until -> Timestamptz,
    }
}

diesel::table! {
    signal_recipients (account_id, recipient_key) {
        account_id -> Uuid,
        recipient_key -> Int8,
        first_hour -> Timestamptz,
        last_hour -> Timestamptz,
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
    staff_undertakings (person_id, version) {
        person_id -> Uuid,
        version -> Date,
        agreed_at -> Timestamptz,
    }
}

diesel::table! {
    storage_choices (id) {
        id -> Uuid,
        account_id -> Uuid,
        product -> Text,
        stored -> Bool,
        days -> Int4,
        price_cents -> Int4,
        decided_by_kind -> Text,
        decided_by -> Nullable<Uuid>,
        decided_at -> Timestamptz,
        superseded_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    sub_processors (id) {
        id -> Uuid,
        name -> Text,
        country -> Text,
        function -> Text,
        does -> Text,
        assurance -> Nullable<Text>,
        contract_on -> Nullable<Date>,
        diligence_on -> Nullable<Date>,
        proposed_by -> Uuid,
        proposed_at -> Timestamptz,
        approved_by -> Nullable<Uuid>,
        approved_at -> Nullable<Timestamptz>,
        ended_by -> Nullable<Uuid>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    subscriber_record_files (file_id) {
        file_id -> Uuid,
        record_id -> Uuid,
    }
}

diesel::table! {
    subscriber_record_shares (id) {
        id -> Uuid,
        record_id -> Uuid,
        recipient_kind -> Text,
        recipient -> Text,
        ground -> Text,
        purpose -> Text,
        shared_on -> Date,
    }
}

diesel::table! {
    subscriber_records (id) {
        id -> Uuid,
        account_id -> Nullable<Uuid>,
        country -> Text,
        subject -> Text,
        sealed_name -> Bytea,
        sealed_address -> Bytea,
        identification_kind -> Nullable<Text>,
        sealed_identification -> Nullable<Bytea>,
        submitted_on -> Date,
        outcome -> Nullable<Text>,
        decided_on -> Nullable<Date>,
        refused_because -> Nullable<Text>,
        ended_on -> Nullable<Date>,
        ended_because -> Nullable<Text>,
        kept_until -> Nullable<Timestamptz>,
        sealed_birth -> Nullable<Bytea>,
    }
}

diesel::table! {
    survey_answers (id) {
        id -> Uuid,
        survey_id -> Uuid,
        person_id -> Nullable<Uuid>,
        token_hash -> Bytea,
        answers -> Array<Nullable<Text>>,
        answered_at -> Timestamptz,
    }
}

diesel::table! {
    surveys (id) {
        id -> Uuid,
        title -> Text,
        about -> Text,
        questions -> Array<Nullable<Text>>,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        closed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    suspension_notices (suspension_id, person_id) {
        suspension_id -> Uuid,
        person_id -> Uuid,
        message_id -> Uuid,
        told_at -> Timestamptz,
    }
}

diesel::table! {
    suspension_steps (id) {
        id -> Uuid,
        suspension_id -> Uuid,
        seq -> Int4,
        step -> Text,
        at -> Timestamptz,
        actor_kind -> Text,
        actor_id -> Nullable<Uuid>,
        words -> Nullable<Text>,
        until -> Nullable<Timestamptz>,
        appeal_id -> Nullable<Uuid>,
        seen_version -> Nullable<Int4>,
    }
}

diesel::table! {
    suspensions (id) {
        id -> Uuid,
        account_id -> Uuid,
        level -> Text,
        decided_by_kind -> Text,
        decided_by -> Nullable<Uuid>,
        rule_id -> Nullable<Uuid>,
        rule_version_id -> Nullable<Uuid>,
        evaluation_id -> Nullable<Uuid>,
        reason_code -> Text,
        words -> Text,
        evidence -> Jsonb,
        evidence_emptied_at -> Nullable<Timestamptz>,
        automated -> Bool,
        began_at -> Timestamptz,
        expires_at -> Nullable<Timestamptz>,
        appeal_until -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        ended_how -> Nullable<Text>,
        version -> Int4,
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

diesel::table! {
    transfer_notices (disclosure_id, person_id) {
        disclosure_id -> Uuid,
        person_id -> Uuid,
        told_at -> Nullable<Timestamptz>,
        called_off_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    transparency_figures (matter, quarter, what) {
        matter -> Text,
        quarter -> Date,
        what -> Text,
        count -> Int8,
        counted_at -> Timestamptz,
    }
}

diesel::table! {
    white_paper_requests (id) {
        id -> Uuid,
        white_paper_id -> Uuid,
        email -> Text,
        company -> Nullable<Text>,
        role -> Nullable<Text>,
        use_case -> Nullable<Text>,
        country -> Nullable<Text>,
        token_hash -> Bytea,
        requested_at -> Timestamptz,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    white_papers (id) {
        id -> Uuid,
        title -> Text,
        summary -> Text,
        body -> Text,
        created_by -> Nullable<Uuid>,
        created_at -> Timestamptz,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::joinable!(account_closures -> accounts (account_id));
diesel::joinable!(account_handovers -> accounts (account_id));
diesel::joinable!(account_invitations -> accounts (account_id));
diesel::joinable!(account_members -> accounts (account_id));
diesel::joinable!(account_members -> people (person_id));
diesel::joinable!(account_recoveries -> people (person_id));
diesel::joinable!(account_states -> accounts (account_id));
diesel::joinable!(api_keys -> accounts (account_id));
diesel::joinable!(api_request_days -> accounts (account_id));
diesel::joinable!(api_requests -> accounts (account_id));
diesel::joinable!(appeal_files -> appeal_messages (message_id));
diesel::joinable!(appeal_files -> appeals (appeal_id));
diesel::joinable!(appeal_files -> files (file_id));
diesel::joinable!(appeal_messages -> appeals (appeal_id));
diesel::joinable!(appeals -> accounts (account_id));
diesel::joinable!(appeals -> people (filed_by));
diesel::joinable!(appeals -> suspensions (suspension_id));
diesel::joinable!(auth_tokens -> accounts (account_id));
diesel::joinable!(campaign_recipients -> campaigns (campaign_id));
diesel::joinable!(campaign_recipients -> contacts (contact_id));
diesel::joinable!(campaign_states -> campaigns (campaign_id));
diesel::joinable!(claims -> accounts (account_id));
diesel::joinable!(claims -> restrictions (restriction_id));
diesel::joinable!(communication_bodies -> communications (communication_id));
diesel::joinable!(communication_statuses -> communications (communication_id));
diesel::joinable!(communications -> accounts (account_id));
diesel::joinable!(communications -> claims (claim_id));
diesel::joinable!(communications -> restrictions (restriction_id));
diesel::joinable!(contact_partners -> contacts (contact_id));
diesel::joinable!(contact_partners -> partners (partner_id));
diesel::joinable!(contact_topics -> contacts (contact_id));
diesel::joinable!(contact_views -> people (person_id));
diesel::joinable!(contacts -> people (person_id));
diesel::joinable!(content_deletion_steps -> content_deletions (deletion_id));
diesel::joinable!(content_deletions -> accounts (account_id));
diesel::joinable!(data_request_codes -> data_requests (request_id));
diesel::joinable!(data_request_message_files -> data_request_messages (message_id));
diesel::joinable!(data_request_message_files -> files (file_id));
diesel::joinable!(data_request_messages -> data_requests (request_id));
diesel::joinable!(data_request_steps -> data_requests (request_id));
diesel::joinable!(data_request_tries -> data_requests (request_id));
diesel::joinable!(data_request_withheld -> data_requests (request_id));
diesel::joinable!(data_requests -> accounts (account_id));
diesel::joinable!(data_requests -> people (person_id));
diesel::joinable!(deleted_records -> accounts (account_id));
diesel::joinable!(desk_claims -> people (staff_id));
diesel::joinable!(desk_looks -> people (staff_id));
diesel::joinable!(disclosure_steps -> disclosures (disclosure_id));
diesel::joinable!(disclosures -> accounts (account_id));
diesel::joinable!(disclosures -> people (person_id));
diesel::joinable!(dispute_files -> dispute_messages (message_id));
diesel::joinable!(dispute_files -> disputes (dispute_id));
diesel::joinable!(dispute_files -> files (file_id));
diesel::joinable!(dispute_messages -> disputes (dispute_id));
diesel::joinable!(dispute_steps -> disputes (dispute_id));
diesel::joinable!(disputes -> people (person_id));
diesel::joinable!(email_changes -> people (person_id));
diesel::joinable!(erasures -> data_requests (request_id));
diesel::joinable!(event_registrations -> events (event_id));
diesel::joinable!(exports -> accounts (account_id));
diesel::joinable!(exports -> people (person_id));
diesel::joinable!(idempotent_requests -> accounts (account_id));
diesel::joinable!(imports -> accounts (account_id));
diesel::joinable!(invoices -> accounts (account_id));
diesel::joinable!(known_browsers -> people (person_id));
diesel::joinable!(leaked_secrets -> accounts (account_id));
diesel::joinable!(mail_reports -> campaign_recipients (recipient_id));
diesel::joinable!(mail_reports -> contacts (contact_id));
diesel::joinable!(mail_reports -> messages (message_id));
diesel::joinable!(message_attempts -> messages (message_id));
diesel::joinable!(messages -> people (person_id));
diesel::joinable!(partner_decisions -> contacts (contact_id));
diesel::joinable!(partner_decisions -> partners (partner_id));
diesel::joinable!(partner_share_contacts -> contacts (contact_id));
diesel::joinable!(partner_share_contacts -> partner_shares (share_id));
diesel::joinable!(partner_share_contacts -> partners (partner_id));
diesel::joinable!(partner_shares -> partners (partner_id));
diesel::joinable!(passkeys -> people (person_id));
diesel::joinable!(password_resets -> people (person_id));
diesel::joinable!(phone_verifications -> people (person_id));
diesel::joinable!(phone_verifications -> sign_ups (sign_up_id));
diesel::joinable!(preference_decisions -> contacts (contact_id));
diesel::joinable!(processing_limits -> data_requests (request_id));
diesel::joinable!(processing_limits -> people (person_id));
diesel::joinable!(receipts -> accounts (account_id));
diesel::joinable!(receipts -> data_requests (request_id));
diesel::joinable!(receipts -> people (person_id));
diesel::joinable!(record_views -> people (person_id));
diesel::joinable!(recovery_codes -> people (person_id));
diesel::joinable!(recovery_optins -> people (person_id));
diesel::joinable!(restrictions -> accounts (account_id));
diesel::joinable!(rule_alerts -> accounts (account_id));
diesel::joinable!(rule_alerts -> rule_evaluations (evaluation_id));
diesel::joinable!(rule_alerts -> rule_versions (version_id));
diesel::joinable!(rule_alerts -> rules (rule_id));
diesel::joinable!(rule_alerts -> suspensions (suspension_id));
diesel::joinable!(rule_evaluations -> accounts (account_id));
diesel::joinable!(rule_evaluations -> rule_versions (version_id));
diesel::joinable!(rule_evaluations -> rules (rule_id));
diesel::joinable!(rule_modes -> rule_proposals (proposal_id));
diesel::joinable!(rule_modes -> rule_versions (version_id));
diesel::joinable!(rule_proposals -> rule_replays (replay_id));
diesel::joinable!(rule_proposals -> rule_versions (version_id));
diesel::joinable!(rule_replay_hits -> accounts (account_id));
diesel::joinable!(rule_replay_hits -> rule_replays (replay_id));
diesel::joinable!(rule_replays -> rule_versions (version_id));
diesel::joinable!(rule_versions -> rules (rule_id));
diesel::joinable!(saved_views -> people (staff_id));
diesel::joinable!(security_alerts -> people (person_id));
diesel::joinable!(sessions -> people (person_id));
diesel::joinable!(sign_ins -> people (person_id));
diesel::joinable!(signal_accounts -> accounts (account_id));
diesel::joinable!(signal_hours -> accounts (account_id));
diesel::joinable!(signal_recipients -> accounts (account_id));
diesel::joinable!(staff_roles -> people (person_id));
diesel::joinable!(staff_undertakings -> people (person_id));
diesel::joinable!(storage_choices -> accounts (account_id));
diesel::joinable!(subscriber_record_files -> files (file_id));
diesel::joinable!(subscriber_record_files -> subscriber_records (record_id));
diesel::joinable!(subscriber_record_shares -> subscriber_records (record_id));
diesel::joinable!(subscriber_records -> accounts (account_id));
diesel::joinable!(survey_answers -> people (person_id));
diesel::joinable!(survey_answers -> surveys (survey_id));
diesel::joinable!(suspension_notices -> people (person_id));
diesel::joinable!(suspension_notices -> suspensions (suspension_id));
diesel::joinable!(suspension_steps -> suspensions (suspension_id));
diesel::joinable!(suspensions -> accounts (account_id));
diesel::joinable!(suspensions -> rule_versions (rule_version_id));
diesel::joinable!(suspensions -> rules (rule_id));
diesel::joinable!(terms_acceptances -> people (person_id));
diesel::joinable!(totp_enrolments -> people (person_id));
diesel::joinable!(totp_factors -> people (person_id));
diesel::joinable!(transfer_notices -> disclosures (disclosure_id));
diesel::joinable!(transfer_notices -> people (person_id));
diesel::joinable!(white_paper_requests -> white_papers (white_paper_id));
