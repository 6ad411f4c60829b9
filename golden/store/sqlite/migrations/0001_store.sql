-- +goose Up
-- The golden store. Times are microseconds since 1970 UTC; hashes and block keys are 64-bit
-- numbers, stored signed; lists that nobody searches are JSON or packed bytes in one column.
-- Every index has to earn its pages: at a million customers they are what writing costs.

-- Source records. key is "system/stream/id" and stream its first two parts. Found by key and by
-- no; counted by (stream, deleted), an index whose entries arrive in order.
CREATE TABLE source_record (
    no               INTEGER PRIMARY KEY,
    key              TEXT NOT NULL UNIQUE,
    stream           TEXT NOT NULL,
    hash             INTEGER NOT NULL,
    version          TEXT NOT NULL,
    ingest_topic     TEXT NOT NULL,
    ingest_epoch     INTEGER NOT NULL,
    ingest_partition INTEGER NOT NULL,
    ingest_offset    INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    deleted          INTEGER NOT NULL,
    business_time    INTEGER,
    received_at      INTEGER,
    doc              BLOB
) STRICT;
CREATE INDEX source_record_stream ON source_record (stream, deleted);

-- What the hub wrote into remote records: by key, since the record may not have come back yet.
CREATE TABLE written (
    key   TEXT PRIMARY KEY,
    items BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Block keys. record_key is the index from key to records; record_keys holds each record's own
-- keys packed, so that replacing them costs one row and the keys that differ. key_count counts
-- only keys with more than 64 members: counting the others in record_key touches a page that is
-- needed anyway.
CREATE TABLE record_key (
    key    INTEGER NOT NULL,
    record INTEGER NOT NULL,
    PRIMARY KEY (key, record)
) STRICT, WITHOUT ROWID;
CREATE TABLE record_keys (
    record INTEGER PRIMARY KEY,
    keys   BLOB NOT NULL
) STRICT;
CREATE TABLE key_count (
    key INTEGER PRIMARY KEY,
    n   INTEGER NOT NULL
) STRICT;

-- Edges: found from either end.
CREATE TABLE edge (
    a      INTEGER NOT NULL,
    b      INTEGER NOT NULL,
    weight INTEGER NOT NULL,
    PRIMARY KEY (a, b)
) STRICT, WITHOUT ROWID;
CREATE INDEX edge_b ON edge (b);

CREATE TABLE link (
    remote TEXT PRIMARY KEY,
    origin TEXT NOT NULL,
    target TEXT NOT NULL,
    at     INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX link_origin ON link (origin);

-- Decisions, and the record keys that those in force name.
CREATE TABLE decision (
    id       TEXT PRIMARY KEY,
    verdict  TEXT NOT NULL,
    strength TEXT NOT NULL,
    "left"   BLOB,
    "right"  BLOB,
    author   TEXT NOT NULL,
    reason   TEXT NOT NULL,
    at       INTEGER,
    undone   INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE decision_record (
    record   TEXT NOT NULL,
    decision TEXT NOT NULL,
    PRIMARY KEY (record, decision)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_record_decision ON decision_record (decision);

-- Membership: where a record is (entity 0: nowhere) and was last; member_past keeps what went
-- before. Apart from source_record, so that a move does not rewrite the document.
CREATE TABLE member (
    record      INTEGER PRIMARY KEY,
    entity      INTEGER NOT NULL,
    last_entity INTEGER NOT NULL,
    since       INTEGER,
    cause       TEXT NOT NULL
) STRICT;
CREATE INDEX member_entity ON member (entity) WHERE entity <> 0;
CREATE TABLE member_past (
    record INTEGER NOT NULL,
    until  INTEGER NOT NULL,
    entity INTEGER NOT NULL,
    since  INTEGER,
    cause  TEXT NOT NULL,
    PRIMARY KEY (record, until, entity)
) STRICT, WITHOUT ROWID;

-- Entities with their golden record and its lineage in one row. Live ones are counted as all less
-- the others, by the two indexes; the second also finds what was merged into an entity.
CREATE TABLE entity (
    no         INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    state      TEXT NOT NULL,
    into_no    INTEGER NOT NULL,
    version    INTEGER NOT NULL,
    updated_at INTEGER,
    sources    BLOB,
    doc        BLOB,
    lineage    BLOB
) STRICT;
CREATE INDEX entity_not_live ON entity (state, into_no) WHERE state <> 'live';

-- Lookups, laid out as block keys are: the index from value to entities, and each entity's own
-- packed in one row. Prefix searches of names are ranges of the index.
CREATE TABLE lookup (
    kind   INTEGER NOT NULL,
    value  TEXT NOT NULL,
    entity INTEGER NOT NULL,
    PRIMARY KEY (kind, value, entity)
) STRICT, WITHOUT ROWID;
CREATE TABLE entity_lookups (
    entity INTEGER PRIMARY KEY,
    packed BLOB NOT NULL
) STRICT;

CREATE TABLE task (
    id       TEXT PRIMARY KEY,
    kind     TEXT NOT NULL,
    score    INTEGER NOT NULL,
    priority INTEGER NOT NULL,
    at       INTEGER,
    closed   INTEGER,
    records  BLOB,
    detail   BLOB
) STRICT;
CREATE INDEX task_open ON task (priority DESC, id) WHERE closed IS NULL;
CREATE INDEX task_priority ON task (priority DESC, id);
CREATE TABLE task_record (
    record TEXT NOT NULL,
    task   TEXT NOT NULL,
    PRIMARY KEY (record, task)
) STRICT, WITHOUT ROWID;

-- Changes are the history for good. outbox names those not yet published, feed those that are.
CREATE TABLE change (
    no      INTEGER PRIMARY KEY,
    entity  INTEGER NOT NULL,
    version INTEGER NOT NULL,
    type    TEXT NOT NULL,
    at      INTEGER,
    body    BLOB
) STRICT;
CREATE INDEX change_entity ON change (entity, version);
CREATE TABLE outbox (
    no INTEGER PRIMARY KEY
) STRICT;
CREATE TABLE feed (
    seq INTEGER PRIMARY KEY,
    no  INTEGER NOT NULL
) STRICT;
CREATE TABLE feed_state (
    last INTEGER NOT NULL
) STRICT;
INSERT INTO feed_state VALUES (0);

-- Documents, and the index from what names a customer to the documents, in order of time.
CREATE TABLE document (
    no               INTEGER PRIMARY KEY,
    entity           TEXT NOT NULL,
    key              TEXT NOT NULL,
    hash             INTEGER NOT NULL,
    version          TEXT NOT NULL,
    ingest_topic     TEXT NOT NULL,
    ingest_epoch     INTEGER NOT NULL,
    ingest_partition INTEGER NOT NULL,
    ingest_offset    INTEGER NOT NULL,
    revision         INTEGER NOT NULL,
    deleted          INTEGER NOT NULL,
    at               INTEGER,
    parties          BLOB,
    doc              BLOB,
    UNIQUE (key, entity)
) STRICT;
CREATE INDEX document_entity ON document (entity, deleted);
CREATE TABLE document_party (
    kind     INTEGER NOT NULL,
    value    TEXT NOT NULL,
    at       INTEGER NOT NULL,
    document INTEGER NOT NULL,
    PRIMARY KEY (kind, value, at, document)
) STRICT, WITHOUT ROWID;

CREATE TABLE suppression (
    hash   INTEGER PRIMARY KEY,
    reason TEXT NOT NULL,
    at     INTEGER
) STRICT;

-- The reconciler's work. due is when a row may be claimed next, whatever the reason: its mark, its
-- backoff or the end of a claim.
CREATE TABLE dirty (
    target      TEXT NOT NULL,
    subject     TEXT NOT NULL,
    entity      TEXT NOT NULL,
    mark        INTEGER NOT NULL,
    since       INTEGER,
    not_before  INTEGER,
    due         INTEGER NOT NULL,
    owner       TEXT NOT NULL,
    attempt     INTEGER NOT NULL,
    error       TEXT NOT NULL,
    correlation TEXT NOT NULL,
    PRIMARY KEY (target, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX dirty_due ON dirty (target, due);

CREATE TABLE delivery (
    target         TEXT NOT NULL,
    remote_id      TEXT NOT NULL,
    subject        TEXT NOT NULL,
    route          TEXT NOT NULL,
    record         TEXT NOT NULL,
    remote_version TEXT NOT NULL,
    sent_hash      INTEGER NOT NULL,
    sent_version   INTEGER NOT NULL,
    observed_hash  INTEGER NOT NULL,
    status         TEXT NOT NULL,
    attempts       INTEGER NOT NULL,
    error          TEXT NOT NULL,
    updated_at     INTEGER,
    PRIMARY KEY (target, remote_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX delivery_subject ON delivery (target, subject);
CREATE INDEX delivery_record ON delivery (record) WHERE record <> '';

CREATE TABLE pending_create (
    target       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    route        TEXT NOT NULL,
    key          TEXT NOT NULL,
    payload_hash INTEGER NOT NULL,
    version      INTEGER NOT NULL,
    status       TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    error        TEXT NOT NULL,
    started_at   INTEGER,
    PRIMARY KEY (target, subject)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letter (
    id               INTEGER PRIMARY KEY,
    state            TEXT NOT NULL,
    stage            TEXT NOT NULL,
    system           TEXT NOT NULL,
    stream           TEXT NOT NULL,
    key              TEXT NOT NULL,
    cause            TEXT NOT NULL,
    position         TEXT NOT NULL,
    topic            TEXT NOT NULL,
    partition        INTEGER NOT NULL,
    topic_offset     INTEGER NOT NULL,
    attempts         INTEGER NOT NULL,
    at               INTEGER,
    resolution       TEXT NOT NULL,
    correlation      TEXT NOT NULL,
    error            TEXT NOT NULL,
    header           BLOB,
    context          BLOB,
    bytes            BLOB
) STRICT;
CREATE INDEX dead_letter_state ON dead_letter (state, id);

CREATE TABLE lease (
    name  TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE stage_offset (
    consumer  TEXT NOT NULL,
    topic     TEXT NOT NULL,
    partition INTEGER NOT NULL,
    next      INTEGER NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoint (
    name  TEXT PRIMARY KEY,
    state BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE seen_delivery (
    stream TEXT NOT NULL,
    id     TEXT NOT NULL,
    at     INTEGER,
    PRIMARY KEY (stream, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX seen_delivery_at ON seen_delivery (stream, at);

-- Numbers given out; each is used once.
CREATE TABLE counter (
    name  TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
