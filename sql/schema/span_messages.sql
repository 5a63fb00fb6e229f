-- span_messages: messages of spans that came as log records, until the spans' events have them.

CREATE TABLE span_messages (
    run_id      uuid        NOT NULL,
    event_id    uuid        NOT NULL,
    digest      uuid        NOT NULL,
    sent_ns     bigint      NOT NULL,
    place       integer     NOT NULL,
    is_whole    boolean     NOT NULL,
    content     jsonb       NOT NULL,
    bytes       integer     NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    due_at      timestamptz NOT NULL DEFAULT now(),
    attached_at timestamptz,
    client      text        NOT NULL DEFAULT '',
    CONSTRAINT span_messages_pkey PRIMARY KEY (run_id, event_id, digest)
);

CREATE INDEX span_messages_due_at_idx ON span_messages (due_at)
 WHERE attached_at IS NULL;

COMMENT ON TABLE span_messages IS 'Messages of spans that came as log records: they wait an hour for their span, and stay five minutes after they became its content, so that a resend adds nothing';
COMMENT ON COLUMN span_messages.event_id IS 'The event that stands for the span, which may not be stored yet';
COMMENT ON COLUMN span_messages.digest IS 'MD5 of the record: a resend is the same message';
COMMENT ON COLUMN span_messages.place IS 'In its request: orders the messages of one moment';
COMMENT ON COLUMN span_messages.is_whole IS 'Whether it is the whole input or output, or one message of it';
COMMENT ON COLUMN span_messages.content IS 'An object with input, output or both';
COMMENT ON COLUMN span_messages.due_at IS 'When the span is looked for again';
COMMENT ON COLUMN span_messages.client IS 'The id of the key that sent it, or an address while no key exists: one holds no more than half of the room';
