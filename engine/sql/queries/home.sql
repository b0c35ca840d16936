-- home: where a resident belongs by the newest registration; residents_at would work out everybody.
-- Grain:  one row, or none when there is no such resident.
-- Needs:  facts.resident_registered.
-- Params: $resident_id.
select
    municipality_code,
    protected_identity
from facts.resident_registered
where resident_id = $resident_id
order by occurred_at desc, entry_no desc, rowid desc
limit 1
