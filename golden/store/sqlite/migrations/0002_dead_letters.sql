-- +goose Up
-- Dead letters are looked for by record, when it fails again, and by place, when a span is replayed.
CREATE INDEX dead_letter_key ON dead_letter (stage, system, stream, key);
CREATE INDEX dead_letter_place ON dead_letter (topic, partition, topic_offset);
