-- The survey of the voice that opened a case, known when the voice is gone: a survey may be kept for a time of its own.
ALTER TABLE case_file ADD COLUMN survey_code TEXT NOT NULL DEFAULT '';
UPDATE case_file SET survey_code = COALESCE(
  (SELECT v.survey_code FROM voice v WHERE v.org_id = case_file.org_id AND v.id = case_file.voice_id), '');
