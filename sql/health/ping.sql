-- health/ping: whether the database answers.
--
-- params   none
-- returns  ok boolean
-- rows     one
-- index    none
-- plan     a constant
-- try      (no parameters)

SELECT true AS ok;
