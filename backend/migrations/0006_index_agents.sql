-- Serves the count of a developer's installations, and what erasure asks of them.
CREATE INDEX agents_by_developer ON agents (developer);
