-- check_integrity: what foreign keys would have refused, and what no constraint can say.
-- Grain:  kind, id, sentence: one row per problem, none in a sound pilot.
-- Needs:  every table of facts, identity.note, identity.person, visits_at.
with

named_residents as (

    select
        'volunteer_registered' as fact,
        resident_id as id
    from facts.volunteer_registered
    union all
    select
        'grant_decided' as fact,
        resident_id as id
    from facts.grant_decided
    union all
    select
        'relation_stated' as fact,
        resident_id as id
    from facts.relation_stated
    union all
    select
        'request_submitted' as fact,
        resident_id as id
    from facts.request_submitted

),

unknown_residents as (

    select distinct
        'unknown_resident' as kind,
        named.id,
        'A fact ' || named.fact || ' names resident ' || named.id || ', which no resident_registered'
        || ' tells of.' as sentence
    from named_residents as named
    anti join facts.resident_registered as known on named.id = known.resident_id

),

named_volunteers as (

    select
        'availability_stated' as fact,
        volunteer_id as id
    from facts.availability_stated
    union all
    select
        'absence_stated' as fact,
        volunteer_id as id
    from facts.absence_stated
    union all
    select
        'check_cleared' as fact,
        volunteer_id as id
    from facts.check_cleared
    union all
    select
        'relation_stated' as fact,
        volunteer_id as id
    from facts.relation_stated
    union all
    select
        'offer_answered' as fact,
        volunteer_id as id
    from facts.offer_answered
    union all
    select
        'visit_agreed' as fact,
        volunteer_id as id
    from facts.visit_agreed
    union all
    select
        'override_stated' as fact,
        volunteer_id as id
    from facts.override_stated
    union all
    select
        'proposal_made' as fact,
        volunteer_id as id
    from facts.proposal_made

),

unknown_volunteers as (

    select distinct
        'unknown_volunteer' as kind,
        named.id,
        'A fact ' || named.fact || ' names volunteer ' || named.id || ', which no volunteer_registered'
        || ' tells of.' as sentence
    from named_volunteers as named
    anti join facts.volunteer_registered as known on named.id = known.volunteer_id

),

named_requests as (

    select
        'request_withdrawn' as fact,
        request_id as id
    from facts.request_withdrawn
    union all
    select
        'offer_answered' as fact,
        request_id as id
    from facts.offer_answered
    union all
    select
        'visit_agreed' as fact,
        request_id as id
    from facts.visit_agreed
    union all
    select
        'override_stated' as fact,
        request_id as id
    from facts.override_stated
    union all
    select
        'proposal_made' as fact,
        request_id as id
    from facts.proposal_made
    union all
    select
        'request_unmatched' as fact,
        request_id as id
    from facts.request_unmatched

),

unknown_requests as (

    select distinct
        'unknown_request' as kind,
        named.id,
        'A fact ' || named.fact || ' names request ' || named.id || ', which no request_submitted'
        || ' tells of.' as sentence
    from named_requests as named
    anti join facts.request_submitted as known on named.id = known.request_id

),

named_visits as (

    select
        'visit_ended' as fact,
        visit_id as id
    from facts.visit_ended

),

unknown_visits as (

    select distinct
        'unknown_visit' as kind,
        named.id,
        'A fact ' || named.fact || ' names visit ' || named.id || ', which no visit_agreed'
        || ' tells of.' as sentence
    from named_visits as named
    anti join facts.visit_agreed as known on named.id = known.visit_id

),

named_runs as (

    select
        'proposal_made' as fact,
        run_id as id
    from facts.proposal_made
    union all
    select
        'request_unmatched' as fact,
        run_id as id
    from facts.request_unmatched
    union all
    select
        'price_found' as fact,
        run_id as id
    from facts.price_found

),

unknown_runs as (

    select distinct
        'unknown_run' as kind,
        named.id,
        'A fact ' || named.fact || ' names run ' || named.id || ', which no run_made'
        || ' tells of.' as sentence
    from named_runs as named
    anti join facts.run_made as known on named.id = known.run_id

),

repeated_requests as (

    select
        'repeated_request' as kind,
        request_id as id,
        'Request ' || request_id || ' was submitted ' || count(*)
        || ' times; the newest holds.' as sentence
    from facts.request_submitted
    group by request_id
    having count(*) > 1

),

repeated_visits as (

    select
        'repeated_visit' as kind,
        visit_id as id,
        'Visit ' || visit_id || ' was agreed ' || count(*)
        || ' times; the newest holds.' as sentence
    from facts.visit_agreed
    group by visit_id
    having count(*) > 1

),

repeated_runs as (

    select
        'repeated_run' as kind,
        run_id as id,
        'Run ' || run_id || ' was made ' || count(*)
        || ' times; the newest holds.' as sentence
    from facts.run_made
    group by run_id
    having count(*) > 1

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

notes_without_person as (

    select
        'note_without_person' as kind,
        note.note_id as id,
        'Note ' || note.note_id || ' is about resident ' || note.resident_id || ', of whom'
        || ' nothing is kept.' as sentence
    from identity.note as note
    anti join identity.person as person on note.resident_id = person.resident_id

)

select * from unknown_residents
union all
select * from unknown_volunteers
union all
select * from unknown_requests
union all
select * from unknown_visits
union all
select * from unknown_runs
union all
select * from repeated_requests
union all
select * from repeated_visits
union all
select * from repeated_runs
union all
select * from overlapping_visits
union all
select * from notes_without_person
order by kind, id, sentence
