-- barred_pairs_at: pairs kept apart by what somebody said, whatever else fits.
-- Grain:  request_id, volunteer_id (the first rule that bars them).
-- Needs:  request_residents_at, volunteers_at, relations_at, answers_at, overrides_at, visits_at, commitments_at.
-- Params: as_of (UTC), until_entry.
create or replace macro barred_pairs_at(as_of, until_entry) as table
    with

    requests as (

        select * from request_residents_at(as_of, until_entry)

    ),

    barred as (

        select
            requests.request_id,
            volunteers.volunteer_id,
            1 as step,
            'own_request' as rule
        from requests
        inner join volunteers_at(as_of, until_entry) as volunteers
            on requests.resident_id = volunteers.resident_id

        union all

        select
            requests.request_id,
            relations.volunteer_id,
            2 as step,
            'blocked' as rule
        from requests
        inner join relations_at(as_of, until_entry) as relations
            on requests.resident_id = relations.resident_id
        where relations.kind = 'blocked'

        union all

        -- Who would rather come another time has said no to one time, not to the request.
        select
            request_id,
            volunteer_id,
            3 as step,
            'declined_before' as rule
        from answers_at(as_of, until_entry)
        where response = 'declined' and reason_code is distinct from 'another_time'

        union all

        -- Who cancelled or did not come has said no in another way.
        select
            request_id,
            volunteer_id,
            3 as step,
            'declined_before' as rule
        from visits_at(as_of, until_entry)
        where status in ('cancelled', 'missed') and side = 'volunteer'

        union all

        select
            request_id,
            volunteer_id,
            4 as step,
            'forbidden' as rule
        from overrides_at(as_of, until_entry)
        where kind = 'forbid'

        union all

        select
            request_id,
            volunteer_id,
            5 as step,
            'already_agreed' as rule
        from visits_at(as_of, until_entry)
        where status in ('agreed', 'completed')

        union all

        select
            request_id,
            volunteer_id,
            6 as step,
            'already_asked' as rule
        from commitments_at(as_of, until_entry)
        where status in ('offered', 'approved')

    )

    select
        request_id,
        volunteer_id,
        arg_min(rule, step) as rule
    from barred
    group by request_id, volunteer_id;
