-- persons_last_seen: persons of whom details are kept, and when they last did something or were served.
-- is_active: a request, series, incident, grant or visit of theirs is still open.
-- Grain:  resident_id.
-- Needs:  identity.person, requests_at, visits_at, series_at, incidents_at, grants_at, volunteers_at, facts of people.
-- Params: $as_of (UTC), $local_now.
with

volunteers as (

    select
        volunteer_id,
        resident_id
    from volunteers_at($as_of)

),

visits as (

    select * from visits_at($as_of)

),

volunteer_events as (

    select
        volunteer_id,
        occurred_at as seen_at,
        false as is_active
    from facts.volunteer_registered
    where occurred_at <= $as_of
    union all
    select
        volunteer_id,
        occurred_at as seen_at,
        false as is_active
    from facts.availability_stated
    where occurred_at <= $as_of
    union all
    select
        volunteer_id,
        ends_at as seen_at,
        false as is_active
    from facts.absence_stated
    where occurred_at <= $as_of
    union all
    select
        volunteer_id,
        occurred_at as seen_at,
        false as is_active
    from facts.check_cleared
    where occurred_at <= $as_of
    union all
    select
        volunteer_id,
        occurred_at as seen_at,
        false as is_active
    from facts.offer_answered
    where occurred_at <= $as_of and response <> 'expired'
    union all
    select
        volunteer_id,
        ends_at as seen_at,
        status = 'agreed' as is_active
    from visits
    union all
    select
        volunteer_id,
        reported_at as seen_at,
        status <> 'closed' as is_active
    from incidents_at($as_of)
    where volunteer_id is not null

),

events as (

    select
        volunteers.resident_id,
        volunteer_events.seen_at,
        volunteer_events.is_active
    from volunteer_events
    inner join volunteers on volunteer_events.volunteer_id = volunteers.volunteer_id
    union all
    select
        resident_id,
        occurred_at as seen_at,
        false as is_active
    from facts.resident_registered
    where occurred_at <= $as_of
    union all
    select
        resident_id,
        occurred_at as seen_at,
        false as is_active
    from facts.survey_answered
    where occurred_at <= $as_of
    union all
    select
        resident_id,
        occurred_at as seen_at,
        false as is_active
    from facts.survey_declined
    where occurred_at <= $as_of
    union all
    select
        resident_id,
        greatest(requested_at, latest_at) as seen_at,
        status in ('submitted', 'planned', 'offered', 'agreed') as is_active
    from requests_at($as_of)
    union all
    select
        resident_id,
        ends_at as seen_at,
        status = 'agreed' as is_active
    from visits
    union all
    select
        resident_id,
        started_at as seen_at,
        status = 'running' as is_active
    from series_at($as_of)
    union all
    select
        resident_id,
        reported_at as seen_at,
        status <> 'closed' as is_active
    from incidents_at($as_of)
    where resident_id is not null
    union all
    select
        resident_id,
        least(coalesce(valid_to::timestamp, $local_now), $local_now) as seen_at,
        coalesce(valid_to::timestamp, $local_now) >= $local_now as is_active
    from grants_at($as_of)

)

select
    person.resident_id,
    max(events.seen_at) as seen_at,
    bool_or(events.is_active) as is_active
from identity.person as person
inner join events on person.resident_id = events.resident_id
group by person.resident_id
order by person.resident_id
