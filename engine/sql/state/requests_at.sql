-- requests_at: requests with their resident and how far they have come.
-- status: 'withdrawn' (taken back before anything was agreed), 'cancelled' (after), 'completed' (every visit done),
-- 'agreed' (every visit agreed or done), 'offered', 'planned' (proposed or approved), 'missed' or 'expired' (the
-- window passed with or without a visit that came to nothing), else 'submitted'.
-- Grain:  request_id.
-- Needs:  submissions_at, facts.request_withdrawn, visits_at, offers_at, proposals_at, wall_time.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro requests_at(as_of, until_entry := 9223372036854775807) as table
    with

    -- One grouping over all that was done for a request costs less than one over each kind.
    done as (

        select
            request_id,
            volunteer_id,
            status as visit_status,
            false as is_offered,
            false as is_pending
        from visits_at(as_of, until_entry)
        union all
        select
            request_id,
            volunteer_id,
            null as visit_status,
            true as is_offered,
            true as is_pending
        from offers_at(as_of, until_entry)
        where status = 'sent'
        union all
        select
            request_id,
            volunteer_id,
            null as visit_status,
            false as is_offered,
            status = 'approved' as is_pending
        from proposals_at(as_of, until_entry)
        where status in ('made', 'approved') and starts_at > wall_time(as_of)

    ),

    counted as (

        select
            request_id,
            count(visit_status) as n_visits,
            count(*) filter (where visit_status in ('agreed', 'completed')) as n_agreed,
            count(*) filter (where visit_status = 'completed') as n_completed,
            count(*) filter (where visit_status = 'missed') as n_missed,
            bool_or(visit_status is null) as is_asking,
            bool_or(is_offered) as is_offered,
            len(list_distinct(list(volunteer_id) filter (where is_pending))) as n_pending
        from done
        group by request_id

    ),

    known as (

        select
            submitted.*,
            coalesce(counted.n_agreed, 0) as n_agreed,
            coalesce(counted.n_completed, 0) as n_completed,
            coalesce(counted.n_pending, 0) as n_pending,
            coalesce(counted.n_visits, 0) as n_visits,
            coalesce(counted.n_missed, 0) as n_missed,
            coalesce(counted.is_asking, false) as is_asking,
            coalesce(counted.is_offered, false) as is_offered,
            submitted.latest_at <= wall_time(as_of) as is_over,
            submitted.request_id in (
                select request_id
                from facts.request_withdrawn
                where occurred_at <= as_of and entry_no <= until_entry
            ) as is_withdrawn
        from submissions_at(as_of, until_entry) as submitted
        left join counted on submitted.request_id = counted.request_id

    )

    select
        * exclude (n_visits, n_missed, is_asking, is_offered, is_over, is_withdrawn),
        case
            when is_withdrawn and n_visits > 0 then 'cancelled'
            when is_withdrawn then 'withdrawn'
            when n_completed >= volunteers_needed then 'completed'
            when n_agreed >= volunteers_needed then 'agreed'
            when is_offered then 'offered'
            when is_over and n_agreed > n_completed then 'agreed'
            when is_over and n_missed > 0 then 'missed'
            when is_over then 'expired'
            when is_asking then 'planned'
            else 'submitted'
        end as status
    from known;
