-- Events are read in the order of the log, from where the warehouse has been.
CREATE INDEX event_by_seq ON event (org_id, seq);
-- Employees are few among persons, and are looked for before persons are counted.
CREATE INDEX person_employee ON person (org_id, id) WHERE kind = 'employee';
