-- wanted_services: the services and languages that requests ask for which somebody might serve.
-- Grain:  service, language (Swedish is always among them).
-- Needs:  open_requests, run_requests.
with

servable as (

    select
        open_requests.service,
        open_requests.languages
    from open_requests
    inner join run_requests on open_requests.request_id = run_requests.request_id
    where run_requests.rule is null

)

select
    service,
    'sv' as language
from servable
union distinct
select
    service,
    unnest(languages) as language
from servable
order by service, language
