-- name: BeginPass
-- One that has not come to its end goes on.
INSERT INTO passes (connection_id, kind, entity, seq, clock, watermark)
SELECT CAST(?1 AS TEXT), CAST(?2 AS TEXT), CAST(?3 AS TEXT), CAST(?4 AS BIGINT), CAST(?5 AS BIGINT), CAST(?6 AS BIGINT)
FROM connections WHERE id = ?1 AND removed_at = 0
ON CONFLICT (connection_id, kind, entity) DO UPDATE SET seq = excluded.seq, clock = excluded.clock, cursor = '',
    wanted = 0, looked = 0, differed = 0,
    watermark = CASE WHEN passes.watermark = 0 THEN excluded.watermark ELSE passes.watermark END
WHERE passes.seq = 0;

-- name: ListPasses
SELECT connection_id, kind, entity, seq, clock, watermark, cursor, wanted, looked, differed, finished_at, last_looked, last_differed, last_gone, {now}
FROM passes WHERE connection_id IN (SELECT {text_value} FROM {items}(?1) AS item);

-- name: CommitPassPage
UPDATE passes SET cursor = ?5, looked = looked + ?6, differed = differed + ?7
WHERE connection_id = ?1 AND kind = ?2 AND entity = ?3 AND seq = ?4;

-- name: FinishPass
UPDATE passes SET seq = 0, cursor = '', watermark = clock, finished_at = {now}, wanted = CASE WHEN wanted = 3 THEN 0 ELSE wanted END,
    last_looked = looked, last_differed = differed, last_gone = ?5
WHERE connection_id = ?1 AND kind = ?2 AND entity = ?3 AND seq = ?4;

-- name: WantPasses
INSERT INTO passes (connection_id, kind, entity, wanted)
SELECT CAST(?1 AS TEXT), CAST(?2 AS TEXT), {text_value}, 1 FROM {items}(?3) AS item
WHERE EXISTS (SELECT 1 FROM connections WHERE id = ?1 AND removed_at = 0)
ON CONFLICT (connection_id, kind, entity) DO UPDATE SET wanted = 1;

-- name: SelectSweepWishes
-- wanted is 1 until Sweep was started for it and 2 until the pass begins; it is
-- 3 when one broke off that is to be gone on with. While the connection is held
-- or set up, Sweep would do nothing.
SELECT DISTINCT p.connection_id FROM passes AS p JOIN connections AS c ON c.id = p.connection_id
WHERE p.wanted IN (1, 3) AND c.removed_at = 0 AND c.parked = '' AND c.paused_at = 0 AND c.phase = 'connected'
LIMIT ?1;

-- name: GrantSweep
UPDATE passes SET wanted = CASE WHEN wanted = 1 THEN 2 ELSE 0 END WHERE connection_id = ?1 AND wanted IN (1, 3);

-- name: PostponeSweep
UPDATE passes SET wanted = CASE WHEN wanted = 2 THEN 1 ELSE 3 END
WHERE connection_id = ?1 AND kind = 'full' AND (wanted = 2 OR wanted = 0 AND seq > 0);

-- name: DeletePasses
DELETE FROM passes WHERE connection_id = ?1;

-- name: NoteMend
INSERT INTO mends (connection_id, hooks, script, mended_at)
SELECT id, CAST(?2 AS BIGINT), CAST(?3 AS BIGINT), {now} FROM connections WHERE id = ?1 AND removed_at = 0
ON CONFLICT (connection_id) DO UPDATE SET hooks = excluded.hooks, script = excluded.script, mended_at = excluded.mended_at;

-- name: ListMends
SELECT connection_id, hooks, script, mended_at FROM mends WHERE connection_id IN (SELECT {text_value} FROM {items}(?1) AS item);

-- name: DeleteMends
DELETE FROM mends WHERE connection_id = ?1;

-- name: LookAtRecords
SELECT record_id, fingerprint, CASE WHEN dirty_seq IS NOT NULL OR inflight_seq IS NOT NULL THEN 1 ELSE 0 END,
    outcome, reason_code, source_modified_at
FROM records WHERE connection_id = ?1 AND entity = ?2 AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?3) AS item);

-- name: SeeRecords
UPDATE records SET seen_seq = ?4
WHERE connection_id = ?1 AND entity = ?2 AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?3) AS item);

-- name: CountUnseen
-- What is dirty or in flight is looked at by itself; what was read since the
-- pass began was there.
SELECT count(*) FROM records
WHERE connection_id = ?1 AND entity = ?2 AND seen_seq < ?3 AND pushed_seq < ?3 AND record_id >= ?4
    AND outcome <> 'deleted' AND (ever_pushed = 1 OR outcome = 'accepted') AND reason_code <> 'mass_deletion'
    AND dirty_seq IS NULL AND inflight_seq IS NULL;

-- name: MarkUnseen
UPDATE records SET dirty_seq = ?5, dirty_at = {now}
WHERE connection_id = ?1 AND entity = ?2 AND seen_seq < ?3 AND pushed_seq < ?3 AND record_id >= ?4
    AND outcome <> 'deleted' AND (ever_pushed = 1 OR outcome = 'accepted') AND reason_code <> 'mass_deletion'
    AND dirty_seq IS NULL AND inflight_seq IS NULL;

-- name: HoldUnseen
-- The fingerprint of what was accepted stays, so that a record that is back as
-- it was needs no push.
UPDATE records SET outcome = 'waiting', outcome_at = {now}, reason_code = 'mass_deletion', reason_path = '', reason_text = ?5,
    fingerprint = CASE WHEN outcome = 'accepted' THEN fingerprint ELSE '' END
WHERE connection_id = ?1 AND entity = ?2 AND seen_seq < ?3 AND pushed_seq < ?3 AND record_id >= ?4
    AND outcome <> 'deleted' AND (ever_pushed = 1 OR outcome = 'accepted') AND reason_code <> 'mass_deletion'
    AND dirty_seq IS NULL AND inflight_seq IS NULL;

-- name: RestoreHeld
-- Back as it was: it was only missing from a list.
UPDATE records SET outcome = 'accepted', outcome_at = {now}, reason_code = '', reason_text = ''
WHERE connection_id = ?1 AND entity = ?2 AND reason_code = 'mass_deletion' AND outcome = 'waiting' AND fingerprint <> ''
    AND dirty_seq IS NULL AND inflight_seq IS NULL
    AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?3) AS item);

-- name: RestoreAllHeld
UPDATE records SET outcome = 'accepted', outcome_at = {now}, reason_code = '', reason_text = ''
WHERE connection_id = ?1 AND entity = ?2 AND reason_code = 'mass_deletion' AND outcome = 'waiting' AND fingerprint <> ''
    AND dirty_seq IS NULL AND inflight_seq IS NULL;

-- name: MarkHeld
UPDATE records SET dirty_seq = ?3, dirty_at = {now}
WHERE connection_id = ?1 AND entity = ?2 AND reason_code = 'mass_deletion' AND outcome = 'waiting'
    AND dirty_seq IS NULL AND inflight_seq IS NULL;

-- name: SampleHeld
SELECT record_id FROM records
WHERE connection_id = ?1 AND entity = ?2 AND reason_code = 'mass_deletion' AND outcome = 'waiting'
    AND dirty_seq IS NULL AND inflight_seq IS NULL
ORDER BY random() LIMIT ?3;

-- name: CountHeld
SELECT entity, count(*) FROM records
WHERE connection_id = ?1 AND reason_code = 'mass_deletion' AND outcome = 'waiting' GROUP BY entity;

-- name: SelectLosses
SELECT record_id, outcome, lost_at, CASE WHEN reason_code = 'mass_deletion' AND outcome = 'waiting' THEN 1 ELSE 0 END FROM records
WHERE connection_id = ?1 AND entity = ?2 AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?3) AS item);

-- name: StampLost
UPDATE records SET lost_at = {now}
WHERE connection_id = ?1 AND entity = ?2 AND record_id IN (SELECT CAST(item.value AS BIGINT) FROM {items}(?3) AS item);

-- name: CountLost
SELECT count(*) FROM records WHERE connection_id = ?1 AND entity = ?2 AND lost_at > 0 AND lost_at > ?3;

-- name: CountExisting
SELECT count(*) FROM records WHERE connection_id = ?1 AND entity = ?2 AND (outcome <> 'deleted' OR lost_at > ?3);

-- name: SelectLossDecision
SELECT {now}, COALESCE(max(confirmed_at), 0) FROM loss_decisions WHERE connection_id = ?1 AND entity = ?2;

-- name: ConfirmLosses
INSERT INTO loss_decisions (connection_id, entity, confirmed_at) VALUES (?1, ?2, {now})
ON CONFLICT (connection_id, entity) DO UPDATE SET confirmed_at = excluded.confirmed_at;

-- name: DeleteLossDecisions
DELETE FROM loss_decisions WHERE connection_id = ?1;
