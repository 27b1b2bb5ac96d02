-- name: InsertPace
INSERT INTO pace (kind, account) VALUES (?1, ?2) ON CONFLICT (kind, account) DO NOTHING;

-- name: LockPace
SELECT {now}, quota, remaining, window_ms, resets_at, confirmed, bulk_taken, next_at, bulk_next_at,
    realtime_until, bulk_until, backoff_until
FROM pace WHERE kind = ?1 AND account = ?2 {lock};

-- name: SelectPace
SELECT {now}, quota, remaining, window_ms, resets_at, confirmed, bulk_taken, next_at, bulk_next_at,
    realtime_until, bulk_until, backoff_until
FROM pace WHERE kind = ?1 AND account = ?2;

-- name: ListQuotas
SELECT account, {now}, quota, remaining, window_ms, resets_at, confirmed FROM pace
WHERE kind = ?1 AND account IN (SELECT {text_value} FROM {items}(?2) AS item);

-- name: UpdatePace
UPDATE pace SET quota = ?3, remaining = ?4, window_ms = ?5, resets_at = ?6, confirmed = ?7, bulk_taken = ?8,
    next_at = ?9, bulk_next_at = ?10, realtime_until = ?11, bulk_until = ?12, backoff_until = ?13
WHERE kind = ?1 AND account = ?2;

-- name: ExpireSlots
DELETE FROM pace_slots WHERE account = ?1 AND expires_at <= {now};

-- name: CountSlots
SELECT count(*), COALESCE(min(expires_at), 0) - {now} FROM pace_slots WHERE account = ?1;

-- name: InsertSlot
INSERT INTO pace_slots (account, slot, expires_at) VALUES (?1, ?2, {now} + ?3);

-- name: DeleteSlot
DELETE FROM pace_slots WHERE account = ?1 AND slot = ?2;
