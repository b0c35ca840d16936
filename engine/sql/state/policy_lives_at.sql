-- policy_lives_at: how far each policy has come; its numbers (content) never change, and its name is theirs alone.
-- status: 'draft', 'simulated', 'shadow' (runs beside the one in force), 'adopted' (in force), 'replaced' by another, or
-- 'rolled_back' to the one before. since and actor_id: when something was last done with it, and by whom.
-- Grain:  fingerprint.
-- Needs:  policies_at, facts.policy_drafted, facts.policy_simulated, facts.shadow_started, facts.shadow_ended,
--         facts.policy_adopted.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro policy_lives_at(as_of, until_entry := 9223372036854775807) as table
    with

    adopted as (

        select
            nth_newest,
            fingerprint,
            lag(reason_code) over (order by nth_newest) as displaced_for
        from policies_at(as_of, until_entry)
        qualify row_number() over (partition by fingerprint order by nth_newest) = 1

    ),

    events as (

        select
            'draft' as event,
            entry_no,
            occurred_at,
            actor_id,
            fingerprint,
            policy,
            content
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
            policy,
            content
        from facts.policy_adopted

    ),

    lives as (

        select
            fingerprint,
            any_value(policy) as policy,
            any_value(content) as content,
            arg_max(event, (occurred_at, entry_no)) as newest,
            arg_max(event, (occurred_at, entry_no)) filter (
                where event in ('shadow_started', 'shadow_ended', 'adopted')
            ) as newest_of_shadow,
            max(occurred_at) as since,
            arg_max(actor_id, (occurred_at, entry_no)) as actor_id
        from events
        where occurred_at <= as_of and entry_no <= until_entry
        group by fingerprint

    )

    select
        lives.policy,
        lives.fingerprint,
        lives.content,
        case
            when adopted.nth_newest = 1 then 'adopted'
            when lives.newest_of_shadow = 'shadow_started' then 'shadow'
            when lives.newest in ('simulated', 'shadow_ended') then 'simulated'
            when lives.newest = 'draft' then 'draft'
            when adopted.displaced_for = 'rolled_back' then 'rolled_back'
            else 'replaced'
        end as status,
        lives.since,
        lives.actor_id
    from lives
    left join adopted on lives.fingerprint = adopted.fingerprint
    where lives.content is not null;
