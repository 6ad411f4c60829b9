-- +goose Up
-- The golden store. Hashes and block keys are 64-bit numbers, stored signed; lists that nobody
-- searches are JSON or packed bytes in one column; what is searched or ordered compares by bytes
-- (collation "C"), as in every other store of the hub.
-- Every index has to earn its pages: at a million customers they are what writing costs.

-- Source records. key is "system/stream/id" and stream its first two parts. Found by key and by
-- no; counted by (stream, deleted), an index whose entries arrive in order.
CREATE TABLE source_record (
    no               bigint PRIMARY KEY,
    key              text COLLATE "C" NOT NULL UNIQUE,
    stream           text COLLATE "C" NOT NULL,
    hash             bigint NOT NULL,
    version          text COLLATE "C" NOT NULL,
    ingest_topic     text COLLATE "C" NOT NULL,
    ingest_epoch     integer NOT NULL,
    ingest_partition integer NOT NULL,
    ingest_offset    bigint NOT NULL,
    revision         bigint NOT NULL,
    deleted          boolean NOT NULL,
    business_time    timestamptz,
    received_at      timestamptz,
    doc              bytea
);
CREATE INDEX source_record_stream ON source_record (stream, deleted);

-- What the hub wrote into remote records: by key, since the record may not have come back yet.
CREATE TABLE written (
    key   text COLLATE "C" PRIMARY KEY,
    items bytea NOT NULL
);

-- Block keys. record_key is the index from key to records; record_keys holds each record's own
-- keys packed, so that replacing them costs one row and the keys that differ. key_count counts
-- only keys with more than 64 members: counting the others in record_key touches a page that is
-- needed anyway.
CREATE TABLE record_key (
    key    bigint NOT NULL,
    record bigint NOT NULL,
    PRIMARY KEY (key, record)
);
CREATE TABLE record_keys (
    record bigint PRIMARY KEY,
    keys   bytea NOT NULL
);
CREATE TABLE key_count (
    key bigint PRIMARY KEY,
    n   bigint NOT NULL
);

-- Edges: found from either end.
CREATE TABLE edge (
    a      bigint NOT NULL,
    b      bigint NOT NULL,
    weight integer NOT NULL,
    PRIMARY KEY (a, b)
);
CREATE INDEX edge_b ON edge (b);

CREATE TABLE link (
    remote text COLLATE "C" PRIMARY KEY,
    origin text COLLATE "C" NOT NULL,
    target text COLLATE "C" NOT NULL,
    at     timestamptz
);
CREATE INDEX link_origin ON link (origin);

-- Decisions, and the record keys that those in force name.
CREATE TABLE decision (
    id       text COLLATE "C" PRIMARY KEY,
    verdict  text COLLATE "C" NOT NULL,
    strength text COLLATE "C" NOT NULL,
    "left"   bytea,
    "right"  bytea,
    author   text COLLATE "C" NOT NULL,
    reason   text COLLATE "C" NOT NULL,
    at       timestamptz,
    undone   timestamptz
);
CREATE TABLE decision_record (
    record   text COLLATE "C" NOT NULL,
    decision text COLLATE "C" NOT NULL,
    PRIMARY KEY (record, decision)
);
CREATE INDEX decision_record_decision ON decision_record (decision);

-- Membership: where a record is (entity 0: nowhere) and was last; member_past keeps what went
-- before. Apart from source_record, so that a move does not rewrite the document.
CREATE TABLE member (
    record      bigint PRIMARY KEY,
    entity      bigint NOT NULL,
    last_entity bigint NOT NULL,
    since       timestamptz,
    cause       text COLLATE "C" NOT NULL
);
CREATE INDEX member_entity ON member (entity) WHERE entity <> 0;
CREATE TABLE member_past (
    record bigint NOT NULL,
    until  timestamptz NOT NULL,
    entity bigint NOT NULL,
    since  timestamptz,
    cause  text COLLATE "C" NOT NULL,
    PRIMARY KEY (record, until, entity)
);

-- Entities with their golden record and its lineage in one row. Live ones are counted as all less
-- the others, by the two indexes; the second also finds what was merged into an entity.
CREATE TABLE entity (
    no         bigint PRIMARY KEY,
    id         text COLLATE "C" NOT NULL UNIQUE,
    state      text COLLATE "C" NOT NULL,
    into_no    bigint NOT NULL,
    version    bigint NOT NULL,
    updated_at timestamptz,
    sources    bytea,
    doc        bytea,
    lineage    bytea
);
CREATE INDEX entity_not_live ON entity (state, into_no) WHERE state <> 'live';

-- Lookups, laid out as block keys are: the index from value to entities, and each entity's own
-- packed in one row. Prefix searches of names are ranges of the index.
CREATE TABLE lookup (
    kind   smallint NOT NULL,
    value  text COLLATE "C" NOT NULL,
    entity bigint NOT NULL,
    PRIMARY KEY (kind, value, entity)
);
CREATE TABLE entity_lookups (
    entity bigint PRIMARY KEY,
    packed bytea NOT NULL
);

CREATE TABLE task (
    id       text COLLATE "C" PRIMARY KEY,
    kind     text COLLATE "C" NOT NULL,
    score    integer NOT NULL,
    priority integer NOT NULL,
    at       timestamptz,
    closed   timestamptz,
    records  bytea,
    detail   bytea
);
CREATE INDEX task_open ON task (priority DESC, id) WHERE closed IS NULL;
CREATE INDEX task_priority ON task (priority DESC, id);
CREATE TABLE task_record (
    record text COLLATE "C" NOT NULL,
    task   text COLLATE "C" NOT NULL,
    PRIMARY KEY (record, task)
);

-- Changes are the history for good. outbox names those not yet published, feed those that are.
CREATE TABLE change (
    no      bigint PRIMARY KEY,
    entity  bigint NOT NULL,
    version bigint NOT NULL,
    type    text COLLATE "C" NOT NULL,
    at      timestamptz,
    body    bytea
);
CREATE INDEX change_entity ON change (entity, version);
CREATE TABLE outbox (
    no bigint PRIMARY KEY
);
CREATE TABLE feed (
    seq bigint PRIMARY KEY,
    no  bigint NOT NULL
);
CREATE TABLE feed_state (
    last bigint NOT NULL
);
INSERT INTO feed_state VALUES (0);

-- Documents, and the index from what names a customer to the documents, in order of time.
CREATE TABLE document (
    no               bigint PRIMARY KEY,
    entity           text COLLATE "C" NOT NULL,
    key              text COLLATE "C" NOT NULL,
    hash             bigint NOT NULL,
    version          text COLLATE "C" NOT NULL,
    ingest_topic     text COLLATE "C" NOT NULL,
    ingest_epoch     integer NOT NULL,
    ingest_partition integer NOT NULL,
    ingest_offset    bigint NOT NULL,
    revision         bigint NOT NULL,
    deleted          boolean NOT NULL,
    at               timestamptz,
    parties          bytea,
    doc              bytea,
    UNIQUE (key, entity)
);
CREATE INDEX document_entity ON document (entity, deleted);
CREATE TABLE document_party (
    kind     smallint NOT NULL,
    value    text COLLATE "C" NOT NULL,
    at       timestamptz NOT NULL,
    document bigint NOT NULL,
    PRIMARY KEY (kind, value, at, document)
);

CREATE TABLE suppression (
    hash   bigint PRIMARY KEY,
    reason text COLLATE "C" NOT NULL,
    at     timestamptz
);

-- The reconciler's work. due is when a row may be claimed next, whatever the reason: its mark, its
-- backoff or the end of a claim.
CREATE TABLE dirty (
    target      text COLLATE "C" NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    entity      text COLLATE "C" NOT NULL,
    mark        bigint NOT NULL,
    since       timestamptz,
    not_before  timestamptz,
    due         timestamptz NOT NULL,
    owner       text COLLATE "C" NOT NULL,
    attempt     integer NOT NULL,
    error       text COLLATE "C" NOT NULL,
    correlation text COLLATE "C" NOT NULL,
    PRIMARY KEY (target, subject)
);
CREATE INDEX dirty_due ON dirty (target, due);

CREATE TABLE delivery (
    target         text COLLATE "C" NOT NULL,
    remote_id      text COLLATE "C" NOT NULL,
    subject        text COLLATE "C" NOT NULL,
    route          text COLLATE "C" NOT NULL,
    record         text COLLATE "C" NOT NULL,
    remote_version text COLLATE "C" NOT NULL,
    sent_hash      bigint NOT NULL,
    sent_version   bigint NOT NULL,
    observed_hash  bigint NOT NULL,
    status         text COLLATE "C" NOT NULL,
    attempts       integer NOT NULL,
    error          text COLLATE "C" NOT NULL,
    updated_at     timestamptz,
    PRIMARY KEY (target, remote_id)
);
CREATE INDEX delivery_subject ON delivery (target, subject);
CREATE INDEX delivery_record ON delivery (record) WHERE record <> '';

CREATE TABLE pending_create (
    target       text COLLATE "C" NOT NULL,
    subject      text COLLATE "C" NOT NULL,
    route        text COLLATE "C" NOT NULL,
    key          text COLLATE "C" NOT NULL,
    payload_hash bigint NOT NULL,
    version      bigint NOT NULL,
    status       text COLLATE "C" NOT NULL,
    attempts     integer NOT NULL,
    error        text COLLATE "C" NOT NULL,
    started_at   timestamptz,
    PRIMARY KEY (target, subject)
);

CREATE TABLE dead_letter (
    id               bigint PRIMARY KEY,
    state            text COLLATE "C" NOT NULL,
    stage            text COLLATE "C" NOT NULL,
    system           text COLLATE "C" NOT NULL,
    stream           text COLLATE "C" NOT NULL,
    key              text COLLATE "C" NOT NULL,
    cause            text COLLATE "C" NOT NULL,
    position         text COLLATE "C" NOT NULL,
    topic            text COLLATE "C" NOT NULL,
    partition        integer NOT NULL,
    topic_offset     bigint NOT NULL,
    attempts         integer NOT NULL,
    at               timestamptz,
    resolution       text COLLATE "C" NOT NULL,
    correlation      text COLLATE "C" NOT NULL,
    error            text COLLATE "C" NOT NULL,
    header           bytea,
    context          bytea,
    bytes            bytea
);
CREATE INDEX dead_letter_state ON dead_letter (state, id);

CREATE TABLE lease (
    name  text COLLATE "C" PRIMARY KEY,
    owner text COLLATE "C" NOT NULL,
    until timestamptz NOT NULL
);

CREATE TABLE stage_offset (
    consumer  text COLLATE "C" NOT NULL,
    topic     text COLLATE "C" NOT NULL,
    partition integer NOT NULL,
    next      bigint NOT NULL,
    PRIMARY KEY (consumer, topic, partition)
);

CREATE TABLE checkpoint (
    name  text COLLATE "C" PRIMARY KEY,
    state bytea
);

CREATE TABLE seen_delivery (
    stream text COLLATE "C" NOT NULL,
    id     text COLLATE "C" NOT NULL,
    at     timestamptz,
    PRIMARY KEY (stream, id)
);
CREATE INDEX seen_delivery_at ON seen_delivery (stream, at);

-- Numbers given out; each is used once.
CREATE SEQUENCE source_record_no;
CREATE SEQUENCE entity_no;
CREATE SEQUENCE change_no;
CREATE SEQUENCE document_no;
CREATE SEQUENCE dead_letter_no;
CREATE SEQUENCE dirty_mark;
