-- age_band: the band of age that measures are told by, on a day; only the year of birth is known.
create or replace macro age_band(birth_year, on_day) as
case
    when year(on_day) - birth_year < 18 then '0-17'
    when year(on_day) - birth_year < 65 then '18-64'
    when year(on_day) - birth_year < 80 then '65-79'
    else '80+'
end;
