-- incident_list: incidents, newest first, with whom and which visit they are about.
-- Grain:  incident_id.
-- Needs:  incidents_at, residents_at, volunteers_at, wall_time.
-- Params: $as_of (UTC), $until_entry.
select
    incidents.incident_id,
    incidents.status,
    incidents.severity,
    incidents.kind,
    wall_time(incidents.reported_at) as reported_at,
    wall_time(incidents.triaged_at) as triaged_at,
    wall_time(incidents.closed_at) as closed_at,
    incidents.action_code,
    incidents.outcome_code,
    incidents.visit_id,
    incidents.resident_id,
    incidents.volunteer_id,
    volunteers.resident_id as volunteer_resident_id,
    coalesce(residents.municipality_code, volunteers.municipality_code) as municipality_code
from incidents_at($as_of, $until_entry) as incidents
left join residents_at($as_of, $until_entry) as residents
    on incidents.resident_id = residents.resident_id
left join volunteers_at($as_of, $until_entry) as volunteers
    on incidents.volunteer_id = volunteers.volunteer_id
order by incidents.reported_at desc, incidents.incident_id asc
