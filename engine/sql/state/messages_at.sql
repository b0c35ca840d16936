-- messages_at: messages and what became of them: 'queued' until sending begins; 'unclear' while nobody knows whether an
-- attempt went out; 'failed' (tried again from next_attempt_at on); 'sent', 'copied' by a person, or 'given_up'.
-- A message queued twice is one message. Attempts and settlements are told apart by the order of the log, not by the
-- clock, so that a clock set back sends nothing twice.
-- Grain:  message_id.
-- Needs:  facts.message_queued, facts.message_attempted, facts.message_settled.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro messages_at(as_of, until_entry := 9223372036854775807) as table
    with

    queued as (

        select
            message_id,
            template,
            resident_id,
            about,
            language,
            send_after,
            occurred_at as queued_at
        from facts.message_queued
        where occurred_at <= as_of and entry_no <= until_entry
        qualify row_number() over (partition by message_id order by entry_no, rowid) = 1

    ),

    attempted as (

        select
            message_id,
            count(*) as n_attempts,
            max(entry_no) as attempted_in,
            min(occurred_at) as first_attempt_at,
            arg_max(occurred_at, entry_no) as attempted_at
        from facts.message_attempted
        where occurred_at <= as_of and entry_no <= until_entry
        group by message_id

    ),

    settled as (

        select
            message_id,
            outcome,
            reason_code,
            entry_no as settled_in,
            occurred_at as settled_at
        from facts.message_settled
        where occurred_at <= as_of and entry_no <= until_entry
        qualify row_number() over (partition by message_id order by entry_no desc, rowid desc) = 1

    ),

    joined as (

        select
            queued.*,
            attempted.first_attempt_at,
            attempted.attempted_at,
            settled.settled_at,
            settled.reason_code,
            coalesce(attempted.n_attempts, 0) as n_attempts,
            case
                when attempted.attempted_in > coalesce(settled.settled_in, 0) then 'unclear'
                else coalesce(settled.outcome, 'queued')
            end as status
        from queued
        left join attempted on queued.message_id = attempted.message_id
        left join settled on queued.message_id = settled.message_id

    )

    select
        *,
        case status
            when 'queued' then send_after
            -- Growing pauses, in minutes: a server that is down for a day is asked a dozen times, not a thousand.
            when 'failed' then
                settled_at
                + to_minutes(list_extract([1, 5, 15, 60, 180, 360, 720], cast(least(n_attempts, 7) as integer)))
        end as next_attempt_at
    from joined;
