-- guardrails: between which figures the measures should stay while a policy is in force: those set last together.
-- Grain:  measure, gap_by.
-- Needs:  facts.guardrail_set.
-- Params: $as_of (UTC), $until_entry, $fingerprint.
with

of_policy as (

    select *
    from facts.guardrail_set
    where fingerprint = $fingerprint and occurred_at <= $as_of and entry_no <= $until_entry
    qualify entry_no = last_value(entry_no) over (
        order by occurred_at, entry_no rows between unbounded preceding and unbounded following
    )

)

select
    simulation_id,
    measure,
    gap_by,
    low,
    high
from of_policy
order by measure, gap_by
