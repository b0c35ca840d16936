-- requests_at: requests with their resident and how far they have come.
-- status: 'withdrawn' (taken back before anything was agreed), 'cancelled' (after), 'completed' (every visit done),
-- 'agreed' (every visit agreed or done), 'offered', 'planned' (proposed or approved), 'missed' or 'expired' (the
-- window passed with or without a visit that came to nothing), else 'submitted'.
-- Grain:  request_id.
-- Needs:  submissions_at, facts.request_withdrawn, visits_at, offers_at, proposals_at, wall_time.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro requests_at(as_of, until_entry := 9223372036854775807) as table
    with

    withdrawn as (

        select distinct request_id
        from facts.request_withdrawn
        where occurred_at <= as_of and entry_no <= until_entry

    ),

    visits as (

        select
            request_id,
            count(*) as n_visits,
            count(*) filter (where status in ('agreed', 'completed')) as n_agreed,
            count(*) filter (where status = 'completed') as n_completed,
            count(*) filter (where status = 'missed') as n_missed
        from visits_at(as_of, until_entry)
        group by request_id

    ),

    asked as (

        select
            request_id,
            volunteer_id,
            true as is_offered,
            true as is_pending
        from offers_at(as_of, until_entry)
        where status = 'sent'
        union all by name
        select
            request_id,
            volunteer_id,
            false as is_offered,
            status = 'approved' as is_pending
        from proposals_at(as_of, until_entry)
        where status in ('made', 'approved') and starts_at > wall_time(as_of)

    ),

    asking as (

        select
            request_id,
            bool_or(is_offered) as is_offered,
            count(distinct volunteer_id) filter (where is_pending) as n_pending
        from asked
        group by request_id

    )

    select
        submitted.*,
        coalesce(visits.n_agreed, 0) as n_agreed,
        coalesce(visits.n_completed, 0) as n_completed,
        coalesce(asking.n_pending, 0) as n_pending,
        case
            when withdrawn.request_id is not null and visits.n_visits > 0 then 'cancelled'
            when withdrawn.request_id is not null then 'withdrawn'
            when visits.n_completed >= submitted.volunteers_needed then 'completed'
            when visits.n_agreed >= submitted.volunteers_needed then 'agreed'
            when asking.is_offered then 'offered'
            when submitted.latest_at <= wall_time(as_of) and visits.n_agreed > visits.n_completed then 'agreed'
            when submitted.latest_at <= wall_time(as_of) and visits.n_missed > 0 then 'missed'
            when submitted.latest_at <= wall_time(as_of) then 'expired'
            when asking.request_id is not null then 'planned'
            else 'submitted'
        end as status
    from submissions_at(as_of, until_entry) as submitted
    left join withdrawn on submitted.request_id = withdrawn.request_id
    left join visits on submitted.request_id = visits.request_id
    left join asking on submitted.request_id = asking.request_id;
