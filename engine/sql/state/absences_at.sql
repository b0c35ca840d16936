-- absences_at: stretches in which a volunteer is away, whatever the week says.
-- Grain:  volunteer_id, starts_at, ends_at (local).
-- Needs:  facts.absence_stated.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro absences_at(as_of, until_entry := 9223372036854775807) as table
    select distinct
        volunteer_id,
        starts_at,
        ends_at
    from facts.absence_stated
    where occurred_at <= as_of and entry_no <= until_entry;
