-- triage_days: how long incidents waited until somebody had looked at them.
-- Measure:     days from report to triage; amount 1 when it was triaged. One that waits has waited until now.
-- Denominator: incidents reported in the period.
-- Unit:        days.
-- Grain:  incident_id.
-- Needs:  incidents_at, measured_visits, residents_at, volunteers_at, age_band, main_language, wall_time.
-- Params: $as_of, $from_at, $to_at (UTC), $until_entry.
select
    residents.resident_id as person_id,
    residents.municipality_code,
    age_band(residents.birth_year, incidents.reported_at) as age_band,
    main_language(residents.languages) as language,
    wall_time(incidents.reported_at) as counted_at,
    (incidents.triaged_at is not null)::double as amount,
    1.0::double as base,
    greatest(0, epoch(coalesce(incidents.triaged_at, $as_of::timestamp) - incidents.reported_at) / 86400) as days
from incidents_at($as_of, $until_entry) as incidents
left join measured_visits as visits on incidents.visit_id = visits.visit_id
left join volunteers_at($as_of, $until_entry) as volunteers
    on incidents.volunteer_id = volunteers.volunteer_id
inner join residents_at($as_of, $until_entry) as residents
    on residents.resident_id = coalesce(visits.resident_id, incidents.resident_id, volunteers.resident_id)
where incidents.reported_at >= $from_at and incidents.reported_at < $to_at
order by incidents.incident_id
