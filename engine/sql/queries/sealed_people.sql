-- sealed_people: the sealed details of the asked residents, or of all of them.
-- Grain:  resident_id.
-- Params: $resident_ids varchar[], null for everybody.
select
    resident_id,
    wrapped_key,
    sealed
from identity.person
where
    $resident_ids::varchar[] is null
    or resident_id in (select unnest($resident_ids::varchar[]))
order by resident_id
