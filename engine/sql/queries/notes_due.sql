-- notes_due: free texts whose time of retention is over.
-- Grain:  note_id.
-- Needs:  identity.note, requests_at, visits_at, series_at, incidents_at.
-- Tables: note_rule (subject_kind: a service or 'incident'; rule; months).
-- Params: $as_of (UTC), $local_now.
with

visits as (

    select
        request_id,
        max(ends_at) as ends_at
    from visits_at($as_of)
    where status <> 'cancelled'
    group by request_id

),

requests as (

    select
        requests.request_id as subject,
        requests.service as subject_kind,
        greatest(requests.latest_at, coalesce(visits.ends_at, requests.latest_at)) as over_at
    from requests_at($as_of) as requests
    left join visits on requests.request_id = visits.request_id
    where requests.status in ('withdrawn', 'cancelled', 'completed', 'missed', 'expired')

),

visits_of_requests as (

    select
        visits.visit_id as subject,
        requests.subject_kind,
        requests.over_at
    from visits_at($as_of) as visits
    inner join requests on visits.request_id = requests.subject

),

series as (

    select
        series_id as subject,
        service as subject_kind,
        latest_at + to_days(((n_times - 1) * every_days)::integer) as over_at
    from series_at($as_of)
    where status <> 'running'

),

incidents as (

    select
        incident_id as subject,
        'incident' as subject_kind,
        closed_at as over_at
    from incidents_at($as_of)
    where status = 'closed'

),

subjects as (

    select * from requests
    union all
    select * from visits_of_requests
    union all
    select * from series
    union all
    select * from incidents

)

select
    note.note_id,
    note.subject,
    note_rule.rule,
    subjects.over_at,
    subjects.over_at + to_months(note_rule.months::integer) as due_at
from identity.note as note
inner join subjects on note.subject = subjects.subject
inner join note_rule on subjects.subject_kind = note_rule.subject_kind
where subjects.over_at + to_months(note_rule.months::integer) <= $local_now
order by note.note_id
