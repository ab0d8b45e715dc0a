-- Who was erased: ids of ours, names only as keyed hashes, so that an older backup can be cleaned again.
CREATE TABLE erasure (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, person_id TEXT NOT NULL, former_ids TEXT NOT NULL, salt TEXT NOT NULL,
  names TEXT NOT NULL, reason TEXT NOT NULL, requested_by TEXT NOT NULL, requested_at BIGINT NOT NULL,
  until_seq BIGINT NOT NULL, state TEXT NOT NULL, done_at BIGINT, counts TEXT NOT NULL
);
CREATE INDEX erasure_by_org ON erasure (org_id, id);
