-- What an organisation says of a voice by names of its own, as a JSON object of texts.
ALTER TABLE voice ADD COLUMN attributes TEXT NOT NULL DEFAULT '{}';
