-- Which of a tool's own sources told of a request: 0 unknown, 1 transcript, 2 database, 3 hook, 4 otlp. Of several, the
-- greatest is kept: it told more.
ALTER TABLE events ADD COLUMN via INTEGER NOT NULL DEFAULT 0;
