-- erasures: every erasure that was asked for, and how far it has come.
-- status: 'requested', 'approved', 'refused', 'erased' (the file is still to be rewritten, or a file that was searched
-- still held something) or 'proved'.
-- Grain:  erasure_id.
-- Needs:  facts.erasure_requested, facts.erasure_decided, facts.person_erased, facts.file_rewritten, and what ended.
with

decided as (

    select
        erasure_id,
        arg_max(decision, entry_no) as decision,
        arg_max(reason_code, entry_no) as reason_code,
        arg_max(actor_id, entry_no) as decided_by,
        max(occurred_at) as decided_at
    from facts.erasure_decided
    group by erasure_id

),

rewritten as (

    select max(until_entry) as until_entry
    from facts.file_rewritten
    where n_found = 0

),

withdrawn as (

    select
        entry_no,
        count(*) as n_requests
    from facts.request_withdrawn
    group by entry_no

),

cancelled as (

    select
        entry_no,
        count(*) as n_visits
    from facts.visit_ended
    group by entry_no

),

closed as (

    select
        entry_no,
        count(*) as n_offers
    from facts.offer_closed
    group by entry_no

)

select
    requested.erasure_id,
    requested.resident_id,
    requested.legal_basis,
    requested.not_before,
    requested.occurred_at as requested_at,
    requested.actor_id as requested_by,
    decided.decision,
    decided.reason_code,
    decided.decided_at,
    decided.decided_by,
    erased.occurred_at as erased_at,
    erased.actor_id as erased_by,
    erased.n_notes,
    erased.n_places,
    erased.key_trace,
    coalesce(withdrawn.n_requests, 0) as n_requests,
    coalesce(cancelled.n_visits, 0) as n_visits,
    coalesce(closed.n_offers, 0) as n_offers,
    case
        when erased.entry_no <= rewritten.until_entry then 'proved'
        when erased.entry_no is not null then 'erased'
        when decided.decision is not null then decided.decision
        else 'requested'
    end as status
from facts.erasure_requested as requested
cross join rewritten
left join decided on requested.erasure_id = decided.erasure_id
left join facts.person_erased as erased on requested.erasure_id = erased.erasure_id
left join withdrawn on erased.entry_no = withdrawn.entry_no
left join cancelled on erased.entry_no = cancelled.entry_no
left join closed on erased.entry_no = closed.entry_no
order by requested.entry_no, requested.erasure_id
