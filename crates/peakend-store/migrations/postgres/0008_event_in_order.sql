-- Events stand in the order of the log. A place by id as well would be a page written at random for each
-- event that comes in, and the log already holds each id once.
ALTER TABLE event DROP CONSTRAINT event_pkey;
DROP INDEX event_by_seq;
ALTER TABLE event ADD PRIMARY KEY (org_id, seq);
DROP INDEX event_by_person;
CREATE INDEX event_by_person ON event (org_id, person_id);
