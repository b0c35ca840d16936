-- series_progress: series with how many of their visits took place, and how often the same volunteer came.
-- continuity_share: completed visits by the volunteer who came most, of all completed; null before the first.
-- Grain:  series_id.
-- Needs:  series_at, visits_at, residents_at, facts.request_submitted.
-- Params: $as_of (UTC), $until_entry, $local_now.
with

requests as (

    select distinct
        request_id,
        series_id
    from facts.request_submitted
    where series_id is not null and occurred_at <= $as_of::timestamp and entry_no <= $until_entry

),

visits as (

    select
        requests.series_id,
        visits.volunteer_id,
        visits.status,
        visits.starts_at
    from visits_at($as_of, $until_entry) as visits
    inner join requests on visits.request_id = requests.request_id

),

by_volunteer as (

    select
        series_id,
        volunteer_id,
        count(*) filter (where status = 'completed') as n_completed
    from visits
    group by series_id, volunteer_id

),

most as (

    select
        series_id,
        max(n_completed) as n_by_one,
        arg_max(volunteer_id, n_completed) as usual_volunteer_id,
        count(*) filter (where n_completed > 0) as n_volunteers
    from by_volunteer
    group by series_id

),

of_series as (

    select
        series_id,
        count(*) filter (where status = 'completed') as n_completed,
        count(*) filter (where status = 'missed') as n_missed,
        count(*) filter (where status = 'cancelled') as n_cancelled,
        min(starts_at) filter (where status = 'agreed' and starts_at > $local_now::timestamp) as next_at
    from visits
    group by series_id

)

select
    series.series_id,
    series.status,
    series.resident_id,
    residents.municipality_code,
    series.service,
    series.earliest_at,
    series.every_days,
    series.n_times,
    series.n_submitted,
    of_series.next_at,
    if(most.n_by_one > 0, most.usual_volunteer_id, null) as usual_volunteer_id,
    coalesce(most.n_volunteers, 0) as n_volunteers,
    coalesce(of_series.n_completed, 0) as n_completed,
    coalesce(of_series.n_missed, 0) as n_missed,
    coalesce(of_series.n_cancelled, 0) as n_cancelled,
    most.n_by_one / nullif(of_series.n_completed, 0) as continuity_share
from series_at($as_of, $until_entry) as series
inner join residents_at($as_of, $until_entry) as residents
    on series.resident_id = residents.resident_id
left join of_series on series.series_id = of_series.series_id
left join most on series.series_id = most.series_id
order by series.earliest_at, series.series_id
