-- policy_events: what was done with policies: 'drafted', 'simulated', 'shadow_started', 'shadow_ended', 'adopted' or
-- 'guarded' (guardrails set), newest first; those with a reason have it.
-- Grain:  entry_no, event, fingerprint.
-- Needs:  facts.policy_drafted, facts.policy_simulated, facts.shadow_started, facts.shadow_ended, facts.policy_adopted,
--         facts.guardrail_set.
-- Params: $as_of (UTC), $until_entry.
with

events as (

    select
        'drafted' as event,
        entry_no,
        occurred_at,
        actor_id,
        fingerprint,
        reason
    from facts.policy_drafted
    union all by name
    select
        'simulated' as event,
        entry_no,
        occurred_at,
        actor_id,
        fingerprint
    from facts.policy_simulated
    union all by name
    select
        'shadow_started' as event,
        entry_no,
        occurred_at,
        actor_id,
        fingerprint
    from facts.shadow_started
    union all by name
    select
        'shadow_ended' as event,
        entry_no,
        occurred_at,
        actor_id,
        fingerprint
    from facts.shadow_ended
    union all by name
    select
        'adopted' as event,
        entry_no,
        occurred_at,
        actor_id,
        fingerprint,
        reason,
        reason_code
    from facts.policy_adopted
    union all by name
    select distinct
        'guarded' as event,
        entry_no,
        occurred_at,
        actor_id,
        fingerprint
    from facts.guardrail_set

)

select
    event,
    occurred_at,
    actor_id,
    fingerprint,
    reason,
    reason_code
from events
where occurred_at <= $as_of and entry_no <= $until_entry
order by occurred_at desc, entry_no desc, event asc, fingerprint asc
