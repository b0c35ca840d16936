-- offers_at: offers and what became of them: 'sent' while they wait, 'accepted', 'declined', 'expired' or 'closed'.
-- Grain:  offer_id.
-- Needs:  facts.offer_sent, facts.offer_answered, facts.offer_closed.
-- Params: as_of (UTC), what had happened; until_entry, what was known.
create or replace macro offers_at(as_of, until_entry := 9223372036854775807) as table
    with

    sent as (

        select
            offer_id,
            request_id,
            volunteer_id,
            starts_at,
            ends_at,
            minutes,
            distance_km,
            expires_at,
            run_id,
            occurred_at as sent_at
        from facts.offer_sent
        where occurred_at <= as_of and entry_no <= until_entry

    ),

    -- The first answer counts.
    answered as (

        select
            offer_id,
            arg_min(
                {
                    'response': response,
                    'reason_code': reason_code,
                    'answered_at': occurred_at
                },
                (entry_no, rowid)
            ) as answer
        from facts.offer_answered
        where offer_id is not null and occurred_at <= as_of and entry_no <= until_entry
        group by offer_id

    ),

    closed as (

        select
            offer_id,
            arg_min(reason_code, entry_no) as reason_code
        from facts.offer_closed
        where occurred_at <= as_of and entry_no <= until_entry
        group by offer_id

    )

    select
        sent.*,
        answered.answer.answered_at,
        coalesce(answered.answer.reason_code, closed.reason_code) as reason_code,
        case
            when answered.offer_id is not null then answered.answer.response
            when closed.offer_id is not null then 'closed'
            when sent.expires_at <= as_of then 'expired'
            else 'sent'
        end as status
    from sent
    left join answered on sent.offer_id = answered.offer_id
    left join closed on sent.offer_id = closed.offer_id;
