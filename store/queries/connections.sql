-- name: InsertConnection
INSERT INTO connections (id, name, authentication_id, store_hash, identification_code, id_prefix,
    bulk_sync_start_date, timezone, status_mapping, settings, phase, created_at, updated_at,
    webhook_secret, webhook_secret_key_id, fingerprint_key, fingerprint_key_key_id)
VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, {now}, {now}, ?12, ?13, ?14, ?15);

-- name: InsertWebhookSecret
INSERT INTO webhook_secrets (hash, connection_id) VALUES (?1, ?2);

-- name: SelectConnection
SELECT id, name, authentication_id, store_hash, identification_code, bulk_sync_start_date, timezone,
    status_mapping, settings, phase, paused_at, failure, attention, parked, next_probe_at, store_info, installed,
    account_held_contacts, version, created_at, updated_at, last_webhook_at, last_reconcile_at,
    epoch, account_since, replacing
FROM connections WHERE id = ?1 AND removed_at = 0;

-- name: LockConnection
-- Not FOR UPDATE: intake's FOR KEY SHARE must not wait for it.
SELECT id, name, authentication_id, store_hash, identification_code, bulk_sync_start_date, timezone,
    status_mapping, settings, phase, paused_at, failure, attention, parked, next_probe_at, store_info, installed,
    account_held_contacts, version, created_at, updated_at, last_webhook_at, last_reconcile_at,
    epoch, account_since, replacing
FROM connections WHERE id = ?1 AND removed_at = 0 {lock_row};

-- name: HoldEpoch
SELECT epoch FROM connections WHERE id = ?1 {share};

-- name: ListConnections
SELECT id, name, authentication_id, store_hash, identification_code, bulk_sync_start_date, timezone,
    status_mapping, settings, phase, paused_at, failure, attention, parked, next_probe_at, store_info, installed,
    account_held_contacts, version, created_at, updated_at, last_webhook_at, last_reconcile_at,
    epoch, account_since, replacing
FROM connections WHERE id > ?1 AND removed_at = 0 ORDER BY id LIMIT ?2;

-- name: SelectRivals
-- Live connections that share the store or the Ometria account.
SELECT id, store_hash, id_prefix FROM connections
WHERE identification_code = ?1 AND id <> ?2 AND removed_at = 0 ORDER BY id;

-- name: UpdateConnection
UPDATE connections SET name = ?2, authentication_id = ?3, identification_code = ?4, id_prefix = ?5,
    bulk_sync_start_date = ?6, timezone = ?7, status_mapping = ?8, settings = ?9, phase = ?10, paused_at = ?11,
    failure = ?12, attention = ?13, parked = ?14, next_probe_at = ?15, store_info = ?16, installed = ?17,
    account_held_contacts = ?18, version = ?19, epoch = ?20, account_since = ?21,
    replacing = ?22, updated_at = {now}
WHERE id = ?1;

-- name: ForgetPushes
-- What was seen stays, what was sent goes, and an error of a push from before
-- undoes nothing that was seen: consent_before becomes consent_seen. A push on
-- its way goes where nobody looks any more: its claim ends, and the record is
-- read anew.
UPDATE records SET state = {unsent_state}, fingerprint = '',
    pushed_seq = CASE WHEN inflight_seq IS NULL THEN pushed_seq ELSE ?2 END,
    dirty_at = CASE WHEN inflight_seq IS NULL OR dirty_seq IS NOT NULL THEN dirty_at ELSE {now} END,
    dirty_seq = CASE WHEN inflight_seq IS NULL THEN dirty_seq ELSE ?2 END,
    inflight_seq = NULL, inflight_until = NULL
WHERE connection_id = ?1 AND entity IN (SELECT {text_value} FROM {items}(?3) AS item)
    AND (state <> '{}' OR fingerprint <> '' OR inflight_seq IS NOT NULL);

-- name: SelectWebhookSecret
SELECT webhook_secret, webhook_secret_key_id FROM connections WHERE id = ?1 AND removed_at = 0;

-- name: SelectFingerprintKey
SELECT fingerprint_key, fingerprint_key_key_id FROM connections WHERE id = ?1 AND removed_at = 0;

-- name: TouchReconciled
UPDATE connections SET last_reconcile_at = {now} WHERE id = ?1 AND removed_at = 0;

-- name: LeaseParked
-- The lease is the next probe's own time: whoever moves it on may probe.
UPDATE connections SET next_probe_at = {now} + ?2
WHERE id IN (SELECT id FROM connections WHERE next_probe_at > 0 AND next_probe_at <= {now} AND removed_at = 0
    ORDER BY next_probe_at LIMIT ?1 {skip_locked})
RETURNING id;

-- name: RemoveConnection
-- Only the row's identity, the ids of its authentications and the hashes of its
-- webhook secrets stay.
UPDATE connections SET removed_at = CASE WHEN removed_at = 0 THEN {now} ELSE removed_at END, phase = 'removing',
    webhook_secret = {empty}, webhook_secret_key_id = '', fingerprint_key = {empty}, fingerprint_key_key_id = '',
    failure = '', attention = '[]', parked = '', next_probe_at = 0, installed = '{}', store_info = '{}'
WHERE id = ?1
RETURNING authentication_id, replacing;

-- name: LockForRemoval
-- Waits for intake that still believes the connection alive.
SELECT id FROM connections WHERE id = ?1 {lock};

-- name: DeleteRecords
DELETE FROM records WHERE (connection_id, entity, record_id) IN
    (SELECT connection_id, entity, record_id FROM records WHERE connection_id = ?1 LIMIT ?2);

-- name: DeleteEntitySyncs
DELETE FROM entity_syncs WHERE connection_id = ?1;

-- name: AnyParkedDue
SELECT count(*) FROM connections WHERE next_probe_at > 0 AND next_probe_at <= {now} AND removed_at = 0;

-- name: SelectNow
SELECT {now};
