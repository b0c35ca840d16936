-- check_integrity: what foreign keys would have refused, and what no constraint can say.
-- Grain:  kind, id, sentence: one row per problem, none in a sound pilot.
-- Needs:  mentions, visits_at, facts.offer_sent, facts.offer_answered, facts.offer_closed, identity.note, identity.person.
with

-- What tells of a thing first, and in which word; the newest holds of residents and volunteers, who may register again.
tellers (kind, fact, verb) as (

    values
    ('resident', 'resident_registered', null),
    ('volunteer', 'volunteer_registered', null),
    ('request', 'request_submitted', 'submitted'),
    ('visit', 'visit_agreed', 'agreed'),
    ('run', 'run_made', 'made'),
    ('offer', 'offer_sent', 'sent'),
    ('series', 'series_started', 'started'),
    ('incident', 'incident_reported', 'reported'),
    ('erasure', 'erasure_requested', 'requested'),
    ('message', 'message_queued', 'queued')

),

told as (

    select
        mentions.kind,
        mentions.id,
        tellers.verb,
        count(*) as n_times
    from mentions() as mentions
    inner join tellers on mentions.kind = tellers.kind and mentions.fact = tellers.fact
    group by mentions.kind, mentions.id, tellers.verb

),

-- Somebody may have looked for a person who is not there, and places of somebody who became protected are removed
-- without an erasure.
unknown as (

    select distinct
        'unknown_' || mentions.kind as kind,
        mentions.id,
        'A fact ' || mentions.fact || ' names ' || mentions.kind || ' ' || mentions.id || ', which no '
        || tellers.fact || ' tells of.' as sentence
    from mentions() as mentions
    inner join tellers on mentions.kind = tellers.kind
    anti join told on mentions.kind = told.kind and mentions.id = told.id
    where mentions.fact not in ('identity_read', 'fact_redacted')

),

repeated as (

    select
        'repeated_' || kind as kind,
        id,
        upper(kind[1]) || kind[2:] || ' ' || id || ' was ' || verb || ' ' || n_times
        || ' times; the newest holds.' as sentence
    from told
    where verb is not null and n_times > 1

),

visits as (

    select * from visits_at(timestamp 'infinity')
    where status in ('agreed', 'completed')

),

overlapping_visits as (

    select
        'overlapping_visits' as kind,
        later.visit_id as id,
        'Volunteer ' || later.volunteer_id || ' has visit ' || later.visit_id || ' before visit '
        || earlier.visit_id || ' has ended.' as sentence
    from visits as later
    inner join visits as earlier
        on
            later.volunteer_id = earlier.volunteer_id
            and (later.starts_at, later.visit_id) > (earlier.starts_at, earlier.visit_id)
            and later.starts_at < earlier.ends_at

),

settled as (

    select
        offer_id,
        min(occurred_at) as settled_at
    from (
        select
            offer_id,
            occurred_at
        from facts.offer_answered
        where offer_id is not null
        union all
        select
            offer_id,
            occurred_at
        from facts.offer_closed
    ) as answers
    group by offer_id

),

offers as (

    select
        sent.offer_id,
        sent.volunteer_id,
        sent.starts_at,
        sent.ends_at,
        sent.occurred_at as sent_at,
        least(sent.expires_at, coalesce(settled.settled_at, sent.expires_at)) as open_until
    from facts.offer_sent as sent
    left join settled on sent.offer_id = settled.offer_id

),

-- Open at one time, for visits at one time.
overlapping_offers as (

    select
        'overlapping_offers' as kind,
        later.offer_id as id,
        'Volunteer ' || later.volunteer_id || ' was sent offer ' || later.offer_id || ' while offer '
        || earlier.offer_id || ' for the same time was open.' as sentence
    from offers as later
    inner join offers as earlier
        on
            later.volunteer_id = earlier.volunteer_id
            and (later.sent_at, later.offer_id) > (earlier.sent_at, earlier.offer_id)
            and later.sent_at < earlier.open_until
            and later.starts_at < earlier.ends_at
            and later.ends_at > earlier.starts_at

),

notes_without_person as (

    select
        'note_without_person' as kind,
        note.note_id as id,
        'Note ' || note.note_id || ' is about resident ' || note.resident_id || ', of whom'
        || ' nothing is kept.' as sentence
    from identity.note as note
    anti join identity.person as person on note.resident_id = person.resident_id

)

select * from unknown
union all
select * from repeated
union all
select * from overlapping_visits
union all
select * from overlapping_offers
union all
select * from notes_without_person
order by kind, id, sentence
