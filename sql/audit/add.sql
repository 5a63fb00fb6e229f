-- audit/add: record an action and its actor, in the transaction of the action.
--
-- params   actor        text         the id of a key, anonymous, or command
-- params   action       text         such as delete run
-- params   subject      text         what it was done to
-- plan     insert
-- try      \set actor anonymous \set action 'delete agent' \set subject robot

INSERT INTO audit_log (actor, action, subject)
VALUES (:'actor'::text, :'action'::text, :'subject'::text);
