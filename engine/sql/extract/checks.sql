-- checks: which requirement was seen to be met, by whom and of when; nothing else of it is kept anywhere.
-- Grain:  volunteer_id, check_code, valid_from.
-- Needs:  facts.check_cleared.
-- Params: $as_of (UTC).
with

newest as (

    select
        volunteer_id,
        check_code,
        actor_id as seen_by,
        valid_from,
        valid_to
    from facts.check_cleared
    where occurred_at <= $as_of
    qualify row_number() over (
        partition by volunteer_id, check_code, valid_from
        order by occurred_at desc, entry_no desc, rowid desc
    ) = 1

)

select * from newest
order by volunteer_id, check_code, valid_from
