-- audit: who did what, who read whom and why, and what was refused to whom.
-- Grain:  entry_no, kind, subject, purpose: 'did' once per entry that wrote more than the others tell; 'read' once per
--         reading of a person ('*' is everybody), 'refused' once per refusal.
-- Needs:  facts.entry, facts.identity_read, facts.access_refused, mentions.
-- Params: $account_id, $resident_id, $from_at and $to_at (UTC, to_at excluded), null for any; $reads_only.
with

-- What belongs to the person asked about: themselves, who they are as a volunteer, what they asked for, and on.
asked_for as (

    select
        'resident' as kind,
        $resident_id::varchar as id
    union all
    select
        'volunteer' as kind,
        volunteer_id as id
    from facts.volunteer_registered
    where resident_id = $resident_id
    union all
    select
        'request' as kind,
        request_id as id
    from facts.request_submitted
    where resident_id = $resident_id

),

-- Offers, visits, incidents, erasures and messages about them are told of in facts that name them.
mentioned as (

    select
        mentions.entry_no,
        mentions.row_no,
        mentions.fact,
        mentions.kind,
        mentions.id
    from mentions() as mentions
    where $resident_id::varchar is not null

),

direct as (

    select mentioned.*
    from mentioned
    semi join asked_for on mentioned.kind = asked_for.kind and mentioned.id = asked_for.id

),

belonging as (

    select
        kind,
        id
    from asked_for
    union
    select
        mentioned.kind,
        mentioned.id
    from mentioned
    semi join direct on mentioned.fact = direct.fact and mentioned.row_no = direct.row_no
    where mentioned.kind in ('offer', 'visit', 'series', 'incident', 'erasure', 'message')

),

concerned as (

    select distinct mentioned.entry_no
    from mentioned
    semi join belonging on mentioned.kind = belonging.kind and mentioned.id = belonging.id

),

noted as (

    select
        entry_no,
        'read' as kind,
        resident_id as subject,
        what || ': ' || purpose as purpose
    from facts.identity_read
    union all
    select
        entry_no,
        'refused' as kind,
        account_id as subject,
        operation as purpose
    from facts.access_refused

),

n_noted as (

    select
        entry_no,
        count(*) as n
    from noted
    group by entry_no

),

told as (

    select
        entry.entry_no,
        'did' as kind,
        null as subject,
        null as purpose
    from facts.entry as entry
    left join n_noted on entry.entry_no = n_noted.entry_no
    where n_noted.n is null or entry.n_facts > n_noted.n
    union all
    select * from noted

)

select
    entry.entry_no,
    entry.recorded_at,
    entry.actor_id,
    entry.action,
    told.kind,
    told.subject,
    told.purpose,
    entry.digests
from told
inner join facts.entry as entry on told.entry_no = entry.entry_no
where
    ($account_id::varchar is null or entry.actor_id = $account_id)
    and ($from_at::timestamp is null or entry.recorded_at >= $from_at)
    and ($to_at::timestamp is null or entry.recorded_at < $to_at)
    and (not $reads_only::boolean or told.kind = 'read')
    and (
        $resident_id::varchar is null
        or (told.kind = 'read' and told.subject in ($resident_id, '*'))
        or (told.kind = 'did' and entry.entry_no in (select concerned.entry_no from concerned))
    )
order by entry.entry_no, told.kind, told.subject, told.purpose
