-- surveys_due: who answered the survey at registration and has not been asked again for some days.
-- Not among them: who declined, who has a protected identity, and volunteers who left.
-- Grain:  resident_id, side.
-- Needs:  surveys_at, surveys_declined_at, residents_at, volunteers_at, wall_time.
-- Params: $as_of (UTC), $until_entry, $local_now, $after_days.
with

answered as (

    select
        resident_id,
        side,
        max(wall_time(answered_at)) as last_answered_at,
        bool_or(occasion = 'registration') as has_registered
    from surveys_at($as_of, $until_entry)
    group by resident_id, side

),

helping as (

    select distinct resident_id
    from volunteers_at($as_of, $until_entry)
    where left_at is null

)

select
    answered.resident_id,
    answered.side,
    residents.municipality_code,
    answered.last_answered_at
from answered
inner join residents_at($as_of, $until_entry) as residents
    on answered.resident_id = residents.resident_id
left join helping on answered.resident_id = helping.resident_id
left join surveys_declined_at($as_of, $until_entry) as declined
    on answered.resident_id = declined.resident_id and answered.side = declined.side
where
    answered.has_registered
    and declined.resident_id is null
    and not residents.protected_identity
    and (answered.side = 'resident' or helping.resident_id is not null)
    and answered.last_answered_at <= $local_now::timestamp - to_days($after_days::integer)
order by answered.last_answered_at, answered.resident_id, answered.side
