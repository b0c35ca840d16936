-- incidents: visits that were held, and incidents that were reported.
-- Measure:     incidents reported in the period for every 1 000 visits held in it.
-- Denominator: visits of the period that were completed or missed. An incident without a visit is counted in the groups of
--              the resident, or else of the volunteer, and under no service.
-- Unit:        incidents per 1 000 visits.
-- Grain:  visit_id or incident_id.
-- Needs:  measured_visits, incidents_at, measured_requests, residents_at, volunteers_at, age_band, main_language, wall_time.
-- Params: $as_of, $from_at, $to_at (UTC), $local_from, $local_to, $until_entry.
with

visits as (

    select
        visit_id,
        request_id,
        status,
        starts_at
    from measured_visits

),

asked as (

    select
        request_id,
        resident_id,
        service,
        municipality_code,
        age_band,
        language
    from measured_requests

),

held as (

    select
        asked.resident_id as person_id,
        asked.municipality_code,
        asked.service,
        asked.age_band,
        asked.language,
        visits.starts_at as counted_at,
        0.0::double as amount,
        1.0::double as base
    from visits
    inner join asked on visits.request_id = asked.request_id
    where
        visits.status in ('completed', 'missed')
        and visits.starts_at >= $local_from::timestamp
        and visits.starts_at < $local_to::timestamp

),

reported as (

    select
        residents.resident_id as person_id,
        residents.municipality_code,
        coalesce(asked.service, 'none') as service,
        age_band(residents.birth_year, incidents.reported_at) as age_band,
        main_language(residents.languages) as language,
        wall_time(incidents.reported_at) as counted_at,
        1.0::double as amount,
        0.0::double as base
    from incidents_at($as_of, $until_entry) as incidents
    left join visits on incidents.visit_id = visits.visit_id
    left join asked on visits.request_id = asked.request_id
    left join volunteers_at($as_of, $until_entry) as volunteers
        on incidents.volunteer_id = volunteers.volunteer_id
    inner join residents_at($as_of, $until_entry) as residents
        on residents.resident_id = coalesce(asked.resident_id, incidents.resident_id, volunteers.resident_id)
    where incidents.reported_at >= $from_at and incidents.reported_at < $to_at

)

select * from held
union all by name
select * from reported
order by all
