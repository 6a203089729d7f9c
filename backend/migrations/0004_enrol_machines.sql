-- What enrolment, rotation and erasure need beside the tables of people and machines.

ALTER TABLE agent_tokens ADD COLUMN used_at INTEGER;                       -- first use of a token that replaces another; until then both are good
UPDATE agent_tokens SET used_at = created_at;

ALTER TABLE enrolment_tokens ADD COLUMN real_name  TEXT NOT NULL DEFAULT ''; -- of the person who is to enrol; handed to the developer, then forgotten
ALTER TABLE enrolment_tokens ADD COLUMN refused_at INTEGER;                -- last refusal that is in the trail, milliseconds since the Unix epoch, UTC
ALTER TABLE enrolment_tokens ADD COLUMN refused_as TEXT NOT NULL DEFAULT ''; -- and why

ALTER TABLE developers ADD COLUMN erased_at INTEGER;                       -- nothing of this moment or before is stored again
