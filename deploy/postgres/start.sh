#!/bin/sh
# PostgreSQL's start in compose: a random password for its user gati, made before the first start and
# printed once. It lies in a volume: as `password` for the image, which runs this as root, and as
# `pgpass` for libpq in the backend, which reads only a file that nobody else may.
# POSTGRES_PASSWORD in .env wins. It does not change the password of a database that exists.
set -eu
umask 077

PGPASS_USER=${PGPASS_USER:-10001:10001} # of the backend's Dockerfile
password=${POSTGRES_PASSWORD:-}
unset POSTGRES_PASSWORD

store() { # NAME, its text on standard input: it is there whole or not at all
    new=$(mktemp "$PASSWORD_DIRECTORY/.new.XXXXXX")
    cat >"$new"
    if [ "$1" = pgpass ]; then chown "$PGPASS_USER" "$new"; fi
    mv "$new" "$PASSWORD_DIRECTORY/$1"
}

if [ -n "$password" ]; then
    :
elif [ -s "$PASSWORD_DIRECTORY/password" ]; then
    password=$(cat "$PASSWORD_DIRECTORY/password")
elif [ -s "$PGDATA/PG_VERSION" ]; then
    echo "This database was made with the password gati. Change it with ALTER ROLE gati PASSWORD '...'," \
        "and set POSTGRES_PASSWORD in .env to the same."
    password=gati
else
    password=$(od -A n -N 24 -t x1 /dev/urandom | tr -d ' \n')
    echo "The first start: the password of PostgreSQL's user gati is $password. It is shown this once."
fi

printf '%s\n' "$password" | store password
# libpq splits a line at colons.
printf '*:*:*:gati:%s\n' "$(printf '%s' "$password" | sed 's/[\\:]/\\&/g')" | store pgpass

umask 022
export POSTGRES_PASSWORD_FILE="$PASSWORD_DIRECTORY/password"
exec docker-entrypoint.sh "$@"
