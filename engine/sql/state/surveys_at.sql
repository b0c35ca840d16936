-- surveys_at: what persons answered to the survey, with its scores; told again, the newest holds: of the registration, and
-- of each day of follow-up. A score is null where one of its questions was left out.
-- Grain:  resident_id, side, occasion, answered_at.
-- Needs:  facts.survey_answered, who5, ucla3, wall_time.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro surveys_at(as_of, until_entry := 9223372036854775807) as table
    select
        resident_id,
        side,
        occasion,
        occurred_at as answered_at,
        who5(who5_1, who5_2, who5_3, who5_4, who5_5) as who5,
        ucla3(ucla3_1, ucla3_2, ucla3_3) as ucla3,
        who5_1,
        who5_2,
        who5_3,
        who5_4,
        who5_5,
        ucla3_1,
        ucla3_2,
        ucla3_3,
        recommend
    from facts.survey_answered
    where
        occurred_at <= as_of
        and entry_no <= until_entry
        and coalesce(
            who5_1, who5_2, who5_3, who5_4, who5_5, ucla3_1, ucla3_2, ucla3_3, recommend
        ) is not null
    qualify row_number() over (
        partition by
            resident_id,
            side,
            occasion,
            if(occasion = 'registration', null, wall_time(occurred_at)::date)
        order by entry_no desc, rowid desc
    ) = 1;
