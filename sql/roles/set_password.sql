-- roles/set_password: give a role a password; only its SCRAM verifier is sent, never the password.
--
-- params   role      identifier  whose
-- params   verifier  text        SCRAM-SHA-256$…
-- try      \set role gati_read \set verifier SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5

ALTER ROLE :"role" PASSWORD :'verifier';
