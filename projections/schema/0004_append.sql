-- One call appends events, moves the inline read models and commits: every fsynced write waits for one lock only,
-- held for this statement. Positions are gapless, because the next one is read under the lock.

CREATE FUNCTION append_events(
    originator_ids uuid[], originator_versions bigint[], topics text[], states bytea[],
    account bigint, actor text, request_id text, views jsonb,
    key_ids bigint[], key_wraps bytea[],
    OUT base bigint, OUT recorded_at timestamptz
) LANGUAGE plpgsql AS $$
BEGIN
    -- Without this lock a reader could see position 8 before 7 is committed, and never look back.
    PERFORM pg_advisory_xact_lock(61274401);

    SELECT e.position, greatest(e.recorded_at, clock_timestamp()) INTO base, recorded_at
    FROM events e ORDER BY e.position DESC LIMIT 1;
    base := coalesce(base, 0);
    recorded_at := coalesce(recorded_at, clock_timestamp());

    INSERT INTO events (position, originator_id, originator_version, topic, state,
                        account_id, actor, request_id, recorded_at)
    SELECT append_events.base + u.n, u.originator_id, u.originator_version, u.topic, u.state,
           account, append_events.actor, append_events.request_id, append_events.recorded_at
    FROM unnest(originator_ids, originator_versions, topics, states) WITH ORDINALITY
         AS u (originator_id, originator_version, topic, state, n);

    IF key_ids IS NOT NULL THEN
        INSERT INTO attestor_keys.patient_keys (patient_id, account_id, wrapped)
        SELECT k.id, account, k.wrapped FROM unnest(key_ids, key_wraps) AS k (id, wrapped);
    END IF;
    IF views IS NOT NULL THEN
        PERFORM apply_views(views, base, recorded_at);
    END IF;
END $$;
