-- How long an organisation keeps what it heard, and what the last run removed; none while it keeps all for good.
CREATE TABLE retention (
  org_id TEXT PRIMARY KEY, keep TEXT NOT NULL, saved_at BIGINT NOT NULL, saved_by TEXT NOT NULL,
  ran_at BIGINT, removed TEXT NOT NULL
);
