-- roles: the newest role of every account that ever had one; null for one that was withdrawn.
-- Grain:  account_id.
-- Needs:  facts.role_given, facts.role_withdrawn.
with

changes as (

    select
        entry_no,
        account_id,
        role,
        municipality_codes
    from facts.role_given
    union all by name
    select
        entry_no,
        account_id,
        null as role,
        [] as municipality_codes
    from facts.role_withdrawn

)

select
    account_id,
    role,
    municipality_codes
from changes
qualify row_number() over (partition by account_id order by entry_no desc) = 1
order by account_id
