-- known_ids: the ids a package or form may refer to, whenever they were entered: residents, volunteers (with whose they
-- are, as last registered), requests, the persons whose details are kept, and residents whose identity is protected.
-- Grain:  kind, id.
-- Needs:  facts.resident_registered, facts.volunteer_registered, facts.request_submitted, identity.person.
-- Params: $ids varchar[], only these, and volunteers who are one of these residents; null for all.
with

asked as (

    select unnest($ids::varchar[]) as id

)

select distinct
    'resident' as kind,
    resident_id as id,
    null as resident_id
from facts.resident_registered
where $ids::varchar[] is null or resident_id in (select id from asked)
union all
select
    'volunteer' as kind,
    volunteer_id as id,
    arg_max(resident_id, (occurred_at, entry_no, rowid)) as resident_id
from facts.volunteer_registered
where
    $ids::varchar[] is null
    or volunteer_id in (select id from asked)
    or resident_id in (select id from asked)
group by volunteer_id
union all
select distinct
    'request' as kind,
    request_id as id,
    null as resident_id
from facts.request_submitted
where $ids::varchar[] is null or request_id in (select id from asked)
union all
select
    'person' as kind,
    resident_id as id,
    null as resident_id
from identity.person
where $ids::varchar[] is null or resident_id in (select id from asked)
union all
select
    'protected' as kind,
    resident_id as id,
    null as resident_id
from facts.resident_registered
where $ids::varchar[] is null or resident_id in (select id from asked)
group by resident_id
having arg_max(protected_identity, (occurred_at, entry_no, rowid))
order by kind, id
