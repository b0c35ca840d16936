-- policies: which policy was put in force when.
-- Grain:  adopted_at, fingerprint.
-- Needs:  policies_at, runs_at.
-- Params: $as_of (UTC).
with

known as (

    select
        policy,
        fingerprint,
        content,
        adopted_at
    from policies_at($as_of)
    union all
    select distinct
        policy,
        fingerprint,
        content,
        null as adopted_at
    from runs_at($as_of)
    where fingerprint not in (select policies.fingerprint from policies_at($as_of) as policies)

)

select
    policy,
    fingerprint,
    content,
    date_trunc('hour', adopted_at) as adopted_at
from known
order by adopted_at, fingerprint
