-- A team may be called as another one is: whether a name is taken would tell a stranger which teams there are.

ALTER TABLE teams RENAME COLUMN name TO setup_name;     -- what a set-up asked for, which finds its team again; of an organization: its public id; never shown
ALTER TABLE teams ADD COLUMN name TEXT NOT NULL DEFAULT ''; -- what people see
UPDATE teams SET name = setup_name;
