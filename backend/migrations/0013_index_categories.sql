-- Serves the count of people who have categories, which reads a row for each, and the erasure of one's own.
CREATE INDEX categories_by_developer ON categories (team, developer);
