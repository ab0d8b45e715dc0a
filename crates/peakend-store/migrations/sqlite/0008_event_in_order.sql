-- Events stand in the order of the log. A place by id as well would be a page written at random for each
-- event that comes in, and the log already holds each id once.
CREATE TABLE event_in_order (
  org_id TEXT NOT NULL, seq BIGINT NOT NULL, id TEXT NOT NULL, person_id TEXT NOT NULL, name TEXT NOT NULL,
  at BIGINT NOT NULL, properties TEXT NOT NULL, PRIMARY KEY (org_id, seq)
) WITHOUT ROWID;
INSERT INTO event_in_order (org_id, seq, id, person_id, name, at, properties)
  SELECT org_id, seq, id, person_id, name, at, properties FROM event ORDER BY org_id, seq;
DROP TABLE event;
ALTER TABLE event_in_order RENAME TO event;
CREATE INDEX event_by_person ON event (org_id, person_id);
CREATE INDEX event_by_name ON event (org_id, name, at);
