-- residents_in_reach: residents as last registered, as far as an account may see them.
-- Grain:  resident_id.
-- Needs:  residents_at.
-- Params: $as_of (UTC), $until_entry; $municipality_codes varchar[], null for all; $with_protected, whether protected
--         identities are among them; $resident_ids varchar[] and $born_from and $born_to (years), null for any.
select
    resident_id,
    municipality_code,
    birth_year
from residents_at($as_of, $until_entry)
where
    ($municipality_codes::varchar[] is null or list_contains($municipality_codes::varchar[], municipality_code))
    and ($with_protected or not protected_identity)
    and ($resident_ids::varchar[] is null or resident_id in (select unnest($resident_ids::varchar[])))
    and ($born_from::integer is null or birth_year between $born_from and $born_to)
order by resident_id
