-- known_ids: every id a package may refer to, whenever it was entered: residents, volunteers (with whose they are, as
-- last registered), requests, the
-- persons whose details are kept, and residents whose identity is protected.
-- Grain:  kind, id.
-- Needs:  facts.resident_registered, facts.volunteer_registered, facts.request_submitted, identity.person.
select distinct
    'resident' as kind,
    resident_id as id,
    null as resident_id
from facts.resident_registered
union all
select
    'volunteer' as kind,
    volunteer_id as id,
    arg_max(resident_id, (occurred_at, entry_no, rowid)) as resident_id
from facts.volunteer_registered
group by volunteer_id
union all
select distinct
    'request' as kind,
    request_id as id,
    null as resident_id
from facts.request_submitted
union all
select
    'person' as kind,
    resident_id as id,
    null as resident_id
from identity.person
union all
select
    'protected' as kind,
    resident_id as id,
    null as resident_id
from facts.resident_registered
group by resident_id
having arg_max(protected_identity, (occurred_at, entry_no, rowid))
order by kind, id
