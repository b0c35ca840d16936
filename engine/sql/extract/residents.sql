-- residents: residents by what is published of them; who is protected, then or now, is left out.
-- Grain:  resident_id.
-- Needs:  residents_at.
-- Params: $as_of (UTC), $as_of_year, $ever (UTC), later than any fact.
with

protected_people as (

    select resident_id
    from residents_at($as_of)
    where protected_identity
    union
    select resident_id
    from residents_at($ever)
    where protected_identity

)

select
    residents.resident_id,
    residents.municipality_code,
    $as_of_year - residents.birth_year as age,
    array_to_string(list_sort(residents.languages), ';') as languages
from residents_at($as_of) as residents
anti join protected_people on residents.resident_id = protected_people.resident_id
order by residents.resident_id
