-- main_language: the one language a person is counted by: Swedish for who speaks it, else the first one named.
create or replace macro main_language(languages) as
case
    when list_contains(languages, 'sv') then 'sv'
    else coalesce(languages[1], 'none')
end;
