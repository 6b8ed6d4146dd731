DROP TABLE content_deletion_steps, content_deletions, imports, communication_bodies, communication_statuses,
    communications, claims, restrictions, storage_choices;
