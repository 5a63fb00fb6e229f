-- agents/describe: set an agent's description.
--
-- params   agent_name   text  the agent
-- params   description  text  its new description; NULL takes it away
-- returns  name text
-- rows     one; none when the agent is unknown
-- index    agents_pkey
-- plan     one index look-up
-- try      \set agent_name Researcher \set description 'Answers questions from the web'

UPDATE agents AS a
   SET description = :'description'::text,
       updated_at  = now()
 WHERE a.name = :'agent_name'
RETURNING a.name;
