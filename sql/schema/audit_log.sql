-- audit_log: what was changed by whom; rows can only be added.

CREATE TABLE audit_log (
    audit_id bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    at       timestamptz NOT NULL DEFAULT now(),
    actor    text        NOT NULL,
    action   text        NOT NULL,
    subject  text        NOT NULL,
    CONSTRAINT audit_log_pkey PRIMARY KEY (audit_id)
);

COMMENT ON TABLE audit_log IS 'What was created, revoked, renamed and removed, when and by whom, in the transaction that did it. Rows can only be added.';

COMMENT ON COLUMN audit_log.actor IS 'The id of the key, anonymous while no key exists; command for the command line; retention; service';

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

CREATE TRIGGER audit_log_is_append_only
    BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
