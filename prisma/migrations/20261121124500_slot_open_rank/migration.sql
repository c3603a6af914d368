-- The order of work as one ascending tuple, so that a claim can begin at a position instead of at the head, where the
-- entries of finished slots pile up between two vacuums. bigint: the negative of the smallest integer is none.
DROP INDEX "slot_open";
CREATE INDEX "slot_open" ON "slot" ("projectId", (-"priority"::bigint), "id") WHERE "state" <> 'done';
