-- request_residents_at: whose each request is.
-- Grain:  request_id.
-- Needs:  facts.request_submitted.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro request_residents_at(as_of, until_entry := 9223372036854775807) as table
    select
        request_id,
        resident_id
    from facts.request_submitted
    where occurred_at <= as_of and entry_no <= until_entry
    qualify row_number() over (
        partition by request_id
        order by occurred_at desc, entry_no desc, rowid desc
    ) = 1;
