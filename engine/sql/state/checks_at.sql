-- checks_at: requirements seen to be met; the newest clearing from a day holds, so that one can be cut short.
-- Grain:  volunteer_id, check_code, valid_from.
-- Needs:  facts.check_cleared.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro checks_at(as_of, until_entry := 9223372036854775807) as table
    select
        volunteer_id,
        check_code,
        valid_from,
        valid_to
    from facts.check_cleared
    where occurred_at <= as_of and entry_no <= until_entry
    qualify row_number() over (
        partition by volunteer_id, check_code, valid_from
        order by occurred_at desc, entry_no desc, rowid desc
    ) = 1;
