-- Column types are BIGINT, DOUBLE PRECISION, TEXT only: times are microseconds UTC,
-- days are days since 1970-01-01, ids are prefixed text, JSON is TEXT.
CREATE TABLE org (
  id TEXT PRIMARY KEY, name TEXT NOT NULL, locale TEXT NOT NULL, time_zone TEXT NOT NULL,
  currency TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE TABLE user_account (
  org_id TEXT NOT NULL, id TEXT NOT NULL PRIMARY KEY, email TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  password_hash TEXT, role TEXT NOT NULL, unit_id TEXT, locale TEXT NOT NULL,
  created_at BIGINT NOT NULL, disabled_at BIGINT
);
CREATE TABLE session (
  token_hash TEXT PRIMARY KEY, org_id TEXT NOT NULL, user_id TEXT NOT NULL, csrf TEXT NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, last_seen_at BIGINT NOT NULL
);
CREATE TABLE sign_in_link (
  token_hash TEXT PRIMARY KEY, org_id TEXT NOT NULL, user_id TEXT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT
);
CREATE TABLE api_key (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, name TEXT NOT NULL, hint TEXT NOT NULL, hash TEXT NOT NULL UNIQUE,
  role TEXT NOT NULL, unit_id TEXT, created_at BIGINT NOT NULL, last_used_at BIGINT, revoked_at BIGINT
);
CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, org_id TEXT NOT NULL, at BIGINT NOT NULL, actor TEXT NOT NULL,
  action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX audit_by_subject ON audit (org_id, subject, seq);

-- where
CREATE TABLE unit (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
  owner_user_id TEXT, created_at BIGINT NOT NULL, UNIQUE (org_id, code)
);
-- A unit's place in the tree, valid from a day (inclusive) until a day (exclusive, NULL = open).
CREATE TABLE unit_placement (
  org_id TEXT NOT NULL, unit_id TEXT NOT NULL, parent_id TEXT, path TEXT NOT NULL,
  valid_from BIGINT NOT NULL, valid_to BIGINT, PRIMARY KEY (org_id, unit_id, valid_from)
);
CREATE INDEX unit_placement_by_path ON unit_placement (org_id, path);
CREATE TABLE line (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, position BIGINT NOT NULL,
  UNIQUE (org_id, code)
);
CREATE TABLE channel (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
  position BIGINT NOT NULL, UNIQUE (org_id, code)
);
CREATE TABLE journey (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, pillar TEXT NOT NULL,
  line_code TEXT, position BIGINT NOT NULL, UNIQUE (org_id, code)
);
CREATE TABLE stage (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, journey_id TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL,
  position BIGINT NOT NULL, UNIQUE (org_id, journey_id, code)
);
CREATE TABLE touchpoint (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, pillar TEXT NOT NULL,
  journey_code TEXT, stage_code TEXT, line_code TEXT, position BIGINT NOT NULL, UNIQUE (org_id, code)
);
-- Who owns a touchpoint, in a unit or everywhere (unit_id empty).
CREATE TABLE touchpoint_owner (
  org_id TEXT NOT NULL, touchpoint_code TEXT NOT NULL, unit_id TEXT NOT NULL, user_id TEXT NOT NULL,
  PRIMARY KEY (org_id, touchpoint_code, unit_id)
);

-- who
CREATE TABLE person (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, kind TEXT NOT NULL, unit_code TEXT NOT NULL, line_code TEXT NOT NULL,
  segment TEXT NOT NULL, language TEXT NOT NULL, name TEXT NOT NULL, attributes TEXT NOT NULL,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL
);
CREATE INDEX person_by_org ON person (org_id, id);
CREATE TABLE person_alias (
  org_id TEXT NOT NULL, kind TEXT NOT NULL, value TEXT NOT NULL, person_id TEXT NOT NULL,
  PRIMARY KEY (org_id, kind, value)
);
CREATE INDEX person_alias_by_person ON person_alias (org_id, person_id);
-- Who a merged person is now; ids that left the house keep leading there.
CREATE TABLE person_merge (
  org_id TEXT NOT NULL, from_id TEXT NOT NULL, into_id TEXT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (org_id, from_id)
);

-- how we ask
CREATE TABLE survey (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, pillar TEXT NOT NULL, title TEXT NOT NULL,
  draft TEXT NOT NULL, draft_revision BIGINT NOT NULL, published_version BIGINT, closed_at BIGINT,
  created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, UNIQUE (org_id, code)
);
CREATE TABLE survey_version (
  org_id TEXT NOT NULL, survey_id TEXT NOT NULL, version BIGINT NOT NULL, yaml TEXT NOT NULL, document TEXT NOT NULL,
  published_at BIGINT NOT NULL, published_by TEXT NOT NULL, PRIMARY KEY (org_id, survey_id, version)
);
-- A link at which one or many respondents may answer; the token itself is stored hashed.
CREATE TABLE survey_link (
  token_hash TEXT PRIMARY KEY, org_id TEXT NOT NULL, survey_id TEXT NOT NULL, person_id TEXT, ask_id TEXT,
  case_id TEXT, context TEXT NOT NULL, single_use BIGINT NOT NULL, created_at BIGINT NOT NULL,
  expires_at BIGINT, used_at BIGINT
);
CREATE TABLE event_rule (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, survey_id TEXT NOT NULL,
  event_name TEXT NOT NULL, condition TEXT NOT NULL, delay_seconds BIGINT NOT NULL, enabled BIGINT NOT NULL,
  context TEXT NOT NULL, created_at BIGINT NOT NULL, UNIQUE (org_id, code)
);
CREATE TABLE contact_rule (
  org_id TEXT PRIMARY KEY, minimum_gap_days BIGINT NOT NULL, updated_at BIGINT NOT NULL
);
-- Each decision to ask, or not to ask and why.
CREATE TABLE ask (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, rule_id TEXT, survey_id TEXT NOT NULL, person_id TEXT NOT NULL,
  event_id TEXT, state TEXT NOT NULL, reason TEXT NOT NULL, context TEXT NOT NULL,
  decided_at BIGINT NOT NULL, show_at BIGINT NOT NULL, shown_at BIGINT, answered_at BIGINT
);
CREATE INDEX ask_by_person ON ask (org_id, person_id, decided_at);
CREATE INDEX ask_by_time ON ask (org_id, decided_at);

-- the intake log: one order for everything that comes in, unique for ever
CREATE TABLE intake (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, org_id TEXT NOT NULL, kind TEXT NOT NULL, id TEXT NOT NULL,
  body_hash TEXT NOT NULL, body TEXT NOT NULL, received_at BIGINT NOT NULL, UNIQUE (org_id, kind, id)
);
CREATE TABLE consumer (
  name TEXT PRIMARY KEY, seq BIGINT NOT NULL
);
-- read models made by the consumers
CREATE TABLE voice (
  org_id TEXT NOT NULL, id TEXT NOT NULL, seq BIGINT NOT NULL, kind TEXT NOT NULL, pillar TEXT NOT NULL,
  survey_code TEXT NOT NULL, survey_version BIGINT, person_id TEXT NOT NULL, unit_code TEXT NOT NULL,
  unit_path TEXT NOT NULL, line_code TEXT NOT NULL, journey_code TEXT NOT NULL, stage_code TEXT NOT NULL,
  touchpoint_code TEXT NOT NULL, channel_code TEXT NOT NULL, segment TEXT NOT NULL, theme TEXT NOT NULL,
  language TEXT NOT NULL, at BIGINT NOT NULL, day BIGINT NOT NULL, nps BIGINT, csat BIGINT, ces BIGINT,
  sentiment BIGINT, answers TEXT NOT NULL, text TEXT NOT NULL, author TEXT NOT NULL, url TEXT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE INDEX voice_by_seq ON voice (org_id, seq);
CREATE INDEX voice_by_person ON voice (org_id, person_id, at);
CREATE TABLE event (
  org_id TEXT NOT NULL, id TEXT NOT NULL, seq BIGINT NOT NULL, person_id TEXT NOT NULL, name TEXT NOT NULL,
  at BIGINT NOT NULL, properties TEXT NOT NULL, PRIMARY KEY (org_id, id)
);
CREATE INDEX event_by_person ON event (org_id, person_id, at);
CREATE INDEX event_by_name ON event (org_id, name, at);
CREATE TABLE import (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, kind TEXT NOT NULL, file_name TEXT NOT NULL, content_hash TEXT NOT NULL,
  state TEXT NOT NULL, rows_total BIGINT NOT NULL, rows_added BIGINT NOT NULL, rows_same BIGINT NOT NULL,
  rows_faulty BIGINT NOT NULL, report TEXT NOT NULL, created_at BIGINT NOT NULL, finished_at BIGINT
);

-- insight
CREATE TABLE finding (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, kind TEXT NOT NULL, pillar TEXT NOT NULL, title TEXT NOT NULL,
  touchpoint_code TEXT NOT NULL, line_code TEXT NOT NULL, metric TEXT NOT NULL, question TEXT NOT NULL,
  evidence TEXT NOT NULL, phase TEXT NOT NULL, state TEXT NOT NULL, created_at BIGINT NOT NULL, created_by TEXT NOT NULL
);
CREATE INDEX finding_by_phase ON finding (org_id, phase, created_at);
-- Every set of employees a figure was released about, so that no later view can be subtracted from it.
-- `measure` is the universe of answers, `view_key` what was asked, `members` the log positions of the answers.
CREATE TABLE release_log (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, org_id TEXT NOT NULL, measure TEXT NOT NULL, view_key TEXT NOT NULL,
  signature TEXT NOT NULL, members TEXT NOT NULL, released_at BIGINT NOT NULL, released_to TEXT NOT NULL,
  UNIQUE (org_id, measure, signature)
);
CREATE TABLE saved_view (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, user_id TEXT NOT NULL, page TEXT NOT NULL, name TEXT NOT NULL,
  query TEXT NOT NULL, created_at BIGINT NOT NULL
);

-- act
CREATE TABLE calendar (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, document TEXT NOT NULL,
  UNIQUE (org_id, code)
);
CREATE TABLE alert_rule (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, code TEXT NOT NULL, name TEXT NOT NULL, pillar TEXT NOT NULL,
  condition TEXT NOT NULL, priority TEXT NOT NULL, contact_minutes BIGINT NOT NULL, resolve_minutes BIGINT NOT NULL,
  calendar_id TEXT NOT NULL, enabled BIGINT NOT NULL, created_at BIGINT NOT NULL, UNIQUE (org_id, code)
);
CREATE TABLE alert (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, rule_id TEXT NOT NULL, voice_id TEXT NOT NULL, case_id TEXT NOT NULL,
  at BIGINT NOT NULL, UNIQUE (org_id, rule_id, voice_id)
);
-- `state` holds the whole state of the case as JSON; the columns beside it are what lists filter by.
CREATE TABLE case_file (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, number BIGINT NOT NULL, pillar TEXT NOT NULL, person_id TEXT NOT NULL,
  voice_id TEXT NOT NULL, rule_id TEXT NOT NULL, touchpoint_code TEXT NOT NULL, line_code TEXT NOT NULL,
  unit_code TEXT NOT NULL, unit_path TEXT NOT NULL, owner_user_id TEXT, priority TEXT NOT NULL, phase TEXT NOT NULL,
  state TEXT NOT NULL, score BIGINT, title TEXT NOT NULL, calendar_id TEXT NOT NULL, opened_at BIGINT NOT NULL,
  contact_due_at BIGINT NOT NULL, resolve_due_at BIGINT NOT NULL, first_contact_at BIGINT, closed_at BIGINT,
  root_cause TEXT NOT NULL, recovery TEXT NOT NULL, revision BIGINT NOT NULL, UNIQUE (org_id, number)
);
CREATE INDEX case_file_by_owner ON case_file (org_id, phase, owner_user_id, resolve_due_at);
CREATE INDEX case_file_by_person ON case_file (org_id, person_id);
CREATE INDEX case_file_by_opened ON case_file (org_id, opened_at);
CREATE TABLE case_entry (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, case_id TEXT NOT NULL, revision BIGINT NOT NULL, kind TEXT NOT NULL,
  body TEXT NOT NULL, author TEXT NOT NULL, at BIGINT NOT NULL, UNIQUE (org_id, case_id, revision)
);
CREATE TABLE initiative (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, number BIGINT NOT NULL, name TEXT NOT NULL, pillar TEXT NOT NULL,
  finding_id TEXT, touchpoint_code TEXT NOT NULL, line_code TEXT NOT NULL, owner_user_id TEXT NOT NULL,
  departments TEXT NOT NULL, target TEXT NOT NULL, baseline TEXT, phase TEXT NOT NULL, state TEXT NOT NULL,
  live_on BIGINT, created_at BIGINT NOT NULL, revision BIGINT NOT NULL, UNIQUE (org_id, number)
);
CREATE TABLE initiative_task (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, initiative_id TEXT NOT NULL, title TEXT NOT NULL, department TEXT NOT NULL,
  owner_user_id TEXT, due_on BIGINT, done_at BIGINT, position BIGINT NOT NULL
);

-- value
CREATE TABLE outcome_kind (
  org_id TEXT NOT NULL, code TEXT NOT NULL, name TEXT NOT NULL, unit TEXT NOT NULL, better TEXT NOT NULL,
  nature TEXT NOT NULL, absent TEXT NOT NULL, PRIMARY KEY (org_id, code)
);
-- Batches of outcomes sent by API, so that an id stands for one content.
CREATE TABLE outcome_batch (
  org_id TEXT NOT NULL, id TEXT NOT NULL, body_hash TEXT NOT NULL, row_count BIGINT NOT NULL, at BIGINT NOT NULL,
  PRIMARY KEY (org_id, id)
);
CREATE TABLE evaluation (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, subject_kind TEXT NOT NULL, subject_id TEXT NOT NULL,
  pillar TEXT NOT NULL, title TEXT NOT NULL, subject TEXT NOT NULL, outcome_kind TEXT NOT NULL,
  design TEXT NOT NULL, result TEXT NOT NULL, verdict TEXT NOT NULL,
  created_at BIGINT NOT NULL, created_by TEXT NOT NULL
);
CREATE INDEX evaluation_by_subject ON evaluation (org_id, subject_kind, subject_id, created_at);
-- The matched treated persons of an evaluation, each with the voice by which it was chosen.
CREATE TABLE evaluation_person (
  org_id TEXT NOT NULL, evaluation_id TEXT NOT NULL, person_id TEXT NOT NULL, voice_id TEXT NOT NULL,
  PRIMARY KEY (org_id, evaluation_id, person_id)
);
CREATE INDEX evaluation_person_by_person ON evaluation_person (org_id, person_id);
CREATE INDEX evaluation_person_by_voice ON evaluation_person (org_id, voice_id);
CREATE TABLE ledger_entry (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, evaluation_id TEXT NOT NULL, subject_kind TEXT NOT NULL,
  subject_id TEXT NOT NULL, title TEXT NOT NULL, outcome_kind TEXT NOT NULL, pillar TEXT NOT NULL,
  verdict TEXT NOT NULL, amount_minor BIGINT, low_minor BIGINT,
  high_minor BIGINT, cost_minor BIGINT NOT NULL, currency TEXT NOT NULL, from_month BIGINT NOT NULL,
  to_month BIGINT NOT NULL, booked_at BIGINT NOT NULL, booked_by TEXT NOT NULL, note TEXT NOT NULL,
  UNIQUE (org_id, evaluation_id)
);

-- jobs and outbox, written in the transaction that needs them
CREATE TABLE job (
  org_id TEXT NOT NULL, id TEXT PRIMARY KEY, kind TEXT NOT NULL, payload TEXT NOT NULL, state TEXT NOT NULL,
  run_at BIGINT NOT NULL, attempts BIGINT NOT NULL, lease_until BIGINT, unique_key TEXT NOT NULL,
  last_error TEXT NOT NULL, created_at BIGINT NOT NULL, finished_at BIGINT, UNIQUE (org_id, kind, unique_key)
);
CREATE INDEX job_by_run ON job (state, run_at);
