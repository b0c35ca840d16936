-- speaks: whether a volunteer of these languages can serve a request that asks for those; asking for none means any.
create or replace macro speaks(languages, wanted) as
len(wanted) = 0 or list_has_any(languages, wanted);
