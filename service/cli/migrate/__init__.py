"""python -m service migrate ...: the schema of the database."""
