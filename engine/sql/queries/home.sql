-- home: where a resident belongs by the newest registration.
-- Grain:  one row, or none when there is no such resident.
-- Needs:  residents_of.
-- Params: $as_of (UTC), $resident_id.
select
    municipality_code,
    protected_identity
from residents_of($as_of, [$resident_id])
