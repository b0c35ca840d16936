-- policies_at: policies as they were put in force; nth_newest 1 is in force.
-- Grain:  nth_newest.
-- Needs:  facts.policy_adopted.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro policies_at(as_of, until_entry := 9223372036854775807) as table
    select
        row_number() over (order by occurred_at desc, entry_no desc, rowid desc) as nth_newest,
        occurred_at as adopted_at,
        actor_id,
        policy,
        fingerprint,
        content,
        reason,
        reason_code
    from facts.policy_adopted
    where occurred_at <= as_of and entry_no <= until_entry;
