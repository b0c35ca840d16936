-- series_at: series of visits, with how many of their windows have become requests.
-- Grain:  series_id.
-- Needs:  facts.series_started, facts.series_ended, facts.request_submitted.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro series_at(as_of, until_entry := 9223372036854775807) as table
    with

    ended as (

        select
            series_id,
            min(occurred_at) as ended_at,
            arg_min(reason_code, entry_no) as reason_code
        from facts.series_ended
        where occurred_at <= as_of and entry_no <= until_entry
        group by series_id

    ),

    submitted as (

        select
            series_id,
            count(distinct request_id) as n_submitted
        from facts.request_submitted
        where series_id is not null and occurred_at <= as_of and entry_no <= until_entry
        group by series_id

    )

    select
        series.* exclude (entry_no, occurred_at, recorded_at, actor_id),
        series.occurred_at as started_at,
        ended.ended_at,
        ended.reason_code,
        coalesce(submitted.n_submitted, 0) as n_submitted,
        case
            when ended.series_id is not null then 'ended'
            when submitted.n_submitted >= series.n_times then 'finished'
            else 'running'
        end as status
    from facts.series_started as series
    left join ended on series.series_id = ended.series_id
    left join submitted on series.series_id = submitted.series_id
    where series.occurred_at <= as_of and series.entry_no <= until_entry;
