-- recommendation: whether persons would recommend the service, by their newest follow-up of the period.
-- Measure:     net promoter score: the share that answers 9 or 10 less the share that answers 0 to 6, times 100.
-- Denominator: persons who answered the question at a follow-up of the period.
-- Unit:        points from -100 to 100.
-- Grain:  resident_id.
-- Needs:  surveys_at, residents_at, age_band, main_language, wall_time.
-- Params: $as_of, $from_at, $to_at (UTC), $until_entry; $side.
with

newest as (

    select
        resident_id,
        max(answered_at) as answered_at,
        arg_max(recommend, answered_at) as recommend
    from surveys_at($as_of, $until_entry)
    where
        side = $side
        and occasion = 'follow_up'
        and recommend is not null
        and answered_at >= $from_at
        and answered_at < $to_at
    group by resident_id

)

select
    residents.resident_id as person_id,
    residents.municipality_code,
    age_band(residents.birth_year, newest.answered_at) as age_band,
    main_language(residents.languages) as language,
    wall_time(newest.answered_at) as counted_at,
    case
        when newest.recommend >= 9 then 1.0
        when newest.recommend <= 6 then -1.0
        else 0.0
    end::double as amount,
    1.0::double as base
from newest
inner join residents_at($as_of, $until_entry) as residents
    on newest.resident_id = residents.resident_id
order by residents.resident_id
