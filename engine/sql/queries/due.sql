-- due: what needs a person now: one row per matter, with the moment by which it should be dealt with.
-- kind: 'incident', 'outcome' (a visit is over and nobody said what became of it), 'answer' (an offer near its limit),
-- 'request' (no run has looked at it, or a rule of its own keeps it from every run), 'proposal', 'visit' (today).
-- level: 1 now, 2 today, 3 this week. detail: severity, status or rule, as the kind has it.
-- Checks that run out are asked apart (expiring_checks).
-- Grain:  kind, subject_id.
-- Needs:  incidents_at, visits_at, offers_at, proposals_at, requests_at, volunteers_at, residents_at, runs_at, wall_time,
--         facts.request_submitted, facts.request_unmatched.
-- Params: $as_of (UTC), $until_entry, $local_now, $notice_hours, $answer_within_hours,
--         $request_rules (rules about the request alone).
with

requests as (

    select * from requests_at($as_of, $until_entry)

),

volunteers as (

    select
        volunteer_id,
        resident_id,
        municipality_code
    from volunteers_at($as_of, $until_entry)

),

residents as (

    select * from residents_at($as_of, $until_entry)

),

visits as (

    select * from visits_at($as_of, $until_entry)
    where status = 'agreed'

),

newest as (

    select
        run_id,
        input_entry_no
    from runs_at($as_of, $until_entry)
    where nth_newest = 1

),

submitted as (

    select
        request_id,
        min(entry_no) as submitted_in
    from facts.request_submitted
    where entry_no <= $until_entry
    group by request_id

),

barred as (

    select
        unmatched.request_id,
        unmatched.reason_code
    from facts.request_unmatched as unmatched
    inner join newest on unmatched.run_id = newest.run_id
    where list_contains($request_rules::varchar[], unmatched.reason_code)

),

incidents as (

    select
        'incident' as kind,
        incidents.incident_id as subject_id,
        visits.request_id,
        incidents.resident_id,
        incidents.volunteer_id,
        incidents.kind as detail,
        incidents.severity,
        incidents.status,
        wall_time(incidents.reported_at) as due_at,
        coalesce(residents.municipality_code, volunteers.municipality_code) as municipality_code,
        case
            when incidents.status = 'reported' then 1
            when incidents.severity = 3 then 2
            else 3
        end as level
    from incidents_at($as_of, $until_entry) as incidents
    left join visits_at($as_of, $until_entry) as visits on incidents.visit_id = visits.visit_id
    left join residents on incidents.resident_id = residents.resident_id
    left join volunteers on incidents.volunteer_id = volunteers.volunteer_id
    where incidents.status <> 'closed'

),

outcomes as (

    select
        'outcome' as kind,
        visit_id as subject_id,
        request_id,
        volunteer_id,
        ends_at as due_at,
        if(ends_at < $local_now::timestamp - interval 24 hour, 1, 2) as level
    from visits
    where ends_at <= $local_now::timestamp

),

visits_today as (

    select
        'visit' as kind,
        visit_id as subject_id,
        request_id,
        volunteer_id,
        starts_at as due_at,
        2 as level
    from visits
    where ends_at > $local_now::timestamp and starts_at::date <= $local_now::date

),

answers as (

    select
        'answer' as kind,
        offer_id as subject_id,
        request_id,
        volunteer_id,
        wall_time(expires_at) as due_at,
        if(expires_at <= $as_of::timestamp + interval 4 hour, 1, 2) as level
    from offers_at($as_of, $until_entry)
    where status = 'sent' and expires_at <= $as_of::timestamp + to_hours($answer_within_hours)

),

proposals as (

    select
        'proposal' as kind,
        proposals.request_id || ':' || proposals.volunteer_id as subject_id,
        proposals.request_id,
        proposals.volunteer_id,
        proposals.starts_at - to_hours($notice_hours) as due_at,
        case
            when proposals.starts_at - to_hours($notice_hours) <= $local_now::timestamp + interval 24 hour then 1
            when proposals.starts_at - to_hours($notice_hours) <= $local_now::timestamp + interval 72 hour then 2
            else 3
        end as level
    from proposals_at($as_of, $until_entry) as proposals
    inner join requests on proposals.request_id = requests.request_id
    where
        proposals.status = 'made'
        and proposals.starts_at > $local_now::timestamp
        and requests.status in ('submitted', 'planned', 'offered')

),

unseen as (

    select
        'request' as kind,
        requests.request_id as subject_id,
        requests.request_id,
        coalesce(barred.reason_code, 'new') as detail,
        requests.latest_at as due_at,
        case
            when requests.latest_at <= $local_now::timestamp + interval 72 hour then 1
            when requests.urgency = 3 then 1
            else 2
        end as level
    from requests
    inner join submitted on requests.request_id = submitted.request_id
    left join newest on true
    left join barred on requests.request_id = barred.request_id
    where
        requests.status = 'submitted'
        and (barred.request_id is not null or submitted.submitted_in > coalesce(newest.input_entry_no, 0))

),

of_requests as (

    select * from outcomes
    union all by name
    select * from visits_today
    union all by name
    select * from answers
    union all by name
    select * from proposals
    union all by name
    select * from unseen

),

matters as (

    select
        of_requests.*,
        requests.resident_id,
        requests.municipality_code
    from of_requests
    inner join requests on of_requests.request_id = requests.request_id
    union all by name
    select * from incidents

)

select
    matters.kind,
    matters.level,
    matters.due_at,
    matters.subject_id,
    matters.request_id,
    matters.resident_id,
    matters.volunteer_id,
    volunteers.resident_id as volunteer_resident_id,
    matters.municipality_code,
    volunteers.municipality_code as volunteer_municipality_code,
    requests.service,
    matters.detail,
    matters.severity,
    matters.status
from matters
left join requests on matters.request_id = requests.request_id
left join volunteers on matters.volunteer_id = volunteers.volunteer_id
order by matters.level, matters.due_at, matters.kind, matters.subject_id
