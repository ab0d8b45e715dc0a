-- Versions of an organisation's scheme of themes; none while it uses the one that ships, which is version 1.
CREATE TABLE theme_scheme (
  org_id TEXT NOT NULL, version BIGINT NOT NULL, document TEXT NOT NULL, saved_at BIGINT NOT NULL,
  saved_by TEXT NOT NULL, PRIMARY KEY (org_id, version)
);
-- The work of reading all voices again with a version, and how far it is.
CREATE TABLE rereading (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, version BIGINT NOT NULL, state TEXT NOT NULL, total BIGINT NOT NULL,
  read_count BIGINT NOT NULL, changed_count BIGINT NOT NULL, moves TEXT NOT NULL, position BIGINT NOT NULL,
  revised BIGINT NOT NULL, started_by TEXT NOT NULL, started_at BIGINT NOT NULL, finished_at BIGINT
);
CREATE INDEX rereading_by_org ON rereading (org_id, id);
-- One that is not over per organisation.
CREATE UNIQUE INDEX rereading_under_way ON rereading (org_id) WHERE finished_at IS NULL;
-- Themes and tone of a voice's text with the words they rest on, as JSON.
ALTER TABLE voice ADD COLUMN reading TEXT NOT NULL DEFAULT '{"scheme":0}';
