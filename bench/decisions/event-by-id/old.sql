CREATE INDEX events_event_id_idx ON events (event_id);
