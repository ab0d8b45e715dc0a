-- The list of surveys counts answers of each; without this it reads every voice.
CREATE INDEX voice_by_survey ON voice (org_id, survey_code, at) WHERE survey_code <> '';
