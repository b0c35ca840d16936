-- followed_up: persons who answered the survey at registration, and whether they have answered a follow-up since.
-- Measure:     persons who answered at least one follow-up later, as a share.
-- Denominator: persons who answered the survey at registration in the period.
-- Unit:        share of persons.
-- Grain:  resident_id.
-- Needs:  surveys_at, residents_at, age_band, main_language, wall_time.
-- Params: $as_of, $from_at, $to_at (UTC), $until_entry; $side.
with

surveys as (

    select
        resident_id,
        occasion,
        answered_at
    from surveys_at($as_of, $until_entry)
    where side = $side

),

followed as (

    select
        resident_id,
        max(answered_at) as answered_at
    from surveys
    where occasion = 'follow_up'
    group by resident_id

)

select
    residents.resident_id as person_id,
    residents.municipality_code,
    age_band(residents.birth_year, surveys.answered_at) as age_band,
    main_language(residents.languages) as language,
    wall_time(surveys.answered_at) as counted_at,
    coalesce(followed.answered_at > surveys.answered_at, false)::double as amount,
    1.0::double as base
from surveys
inner join residents_at($as_of, $until_entry) as residents
    on surveys.resident_id = residents.resident_id
left join followed on surveys.resident_id = followed.resident_id
where surveys.occasion = 'registration' and surveys.answered_at >= $from_at and surveys.answered_at < $to_at
order by residents.resident_id
