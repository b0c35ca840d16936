-- feedback_at: what each side last said of a visit.
-- Grain:  visit_id, side.
-- Needs:  facts.feedback_given.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro feedback_at(as_of, until_entry := 9223372036854775807) as table
    select
        visit_id,
        side,
        rating,
        again,
        occurred_at as given_at
    from facts.feedback_given
    where occurred_at <= as_of and entry_no <= until_entry
    qualify row_number() over (partition by visit_id, side order by entry_no desc, rowid desc) = 1;
