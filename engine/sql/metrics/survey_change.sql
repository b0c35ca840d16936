-- survey_change: how the score of a scale moved from registration to the newest follow-up of the period.
-- Measure:     points of the scale after, less points before; or, where a step is given, whether it rose by at least that.
-- Denominator: persons who answered every question of the scale at registration and, later, at a follow-up of the period.
-- Unit:        points, or share of persons.
-- Grain:  resident_id.
-- Needs:  surveys_at, residents_at, age_band, main_language, wall_time.
-- Params: $as_of, $from_at, $to_at (UTC), $until_entry; $scale (who5, ucla3), $side, $step or null.
with

scored as (

    select
        resident_id,
        occasion,
        answered_at,
        if($scale = 'who5', who5, ucla3)::double as score
    from surveys_at($as_of, $until_entry)
    where side = $side and if($scale = 'who5', who5, ucla3) is not null

),

afterwards as (

    select
        resident_id,
        max(answered_at) as answered_at,
        arg_max(score, answered_at) as score
    from scored
    where occasion = 'follow_up' and answered_at >= $from_at and answered_at < $to_at
    group by resident_id

),

beforehand as (

    select
        resident_id,
        answered_at,
        score
    from scored
    where occasion = 'registration'

)

select
    residents.resident_id as person_id,
    residents.municipality_code,
    age_band(residents.birth_year, afterwards.answered_at) as age_band,
    main_language(residents.languages) as language,
    wall_time(afterwards.answered_at) as counted_at,
    if(
        $step::double is null,
        afterwards.score - beforehand.score,
        (afterwards.score - beforehand.score >= $step::double)::double
    ) as amount,
    1.0::double as base
from afterwards
inner join beforehand
    on afterwards.resident_id = beforehand.resident_id and afterwards.answered_at > beforehand.answered_at
inner join residents_at($as_of, $until_entry) as residents
    on afterwards.resident_id = residents.resident_id
order by residents.resident_id
