-- latest_moment: when the newest fact of the daily work happened (UTC); null in an empty pilot.
-- A policy may be adopted from a day to come, so adoptions do not count.
-- Grain:  one row.
with

moments as (

    select max(occurred_at) as moment
    from facts.resident_registered
    union all
    select max(occurred_at) as moment
    from facts.volunteer_registered
    union all
    select max(occurred_at) as moment
    from facts.request_submitted
    union all
    select max(occurred_at) as moment
    from facts.request_withdrawn
    union all
    select max(occurred_at) as moment
    from facts.run_made
    union all
    select max(occurred_at) as moment
    from facts.proposal_decided
    union all
    select max(occurred_at) as moment
    from facts.override_stated
    union all
    select max(occurred_at) as moment
    from facts.offer_sent
    union all
    select max(occurred_at) as moment
    from facts.offer_answered
    union all
    select max(occurred_at) as moment
    from facts.visit_agreed
    union all
    select max(occurred_at) as moment
    from facts.visit_ended

)

select max(moment) as latest_at
from moments
