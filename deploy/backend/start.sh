#!/bin/sh
# The backend's start in compose: a first admin key, and a read key for the dashboard's nginx, each
# made once. Both lie in the database as a hash alone; the first is printed here and nowhere else.
# Whatever fails ends the start, which compose tries again: no key is made because one is not seen.
set -eu

NO_KEY=3 # what `keys list` ends with, and nothing else
name=compose-dashboard
snippet="$KEY_DIRECTORY/dashboard.conf"

python -m service migrate up --quiet --wait 60

status=0
keys=$(python -m service keys list) || status=$?
if [ "$status" -eq "$NO_KEY" ]; then
    echo "The first start: here is the admin key. It is shown this once."
    python -m service keys create admin --scope admin --yes
elif [ "$status" -ne 0 ]; then
    exit "$status"
fi

# Repeated when either volume was removed or restored: one holds the key, the other its hash.
id=$(sed -n 's/.*Bearer gati_read_\([0-9A-Za-z]*\)_.*/\1/p' "$snippet" 2>/dev/null || true)
if [ -z "$id" ] || ! printf '%s\n' "$keys" | grep -q "^$id  *read  *valid .* $name\$"; then
    if printf '%s\n' "$keys" | grep -q "  *read  *valid .* $name\$"; then
        python -m service keys revoke --yes "$name"
    fi
    key=$(python -m service keys create "$name" --scope read --yes)
    new=$(mktemp "$KEY_DIRECTORY/.new.XXXXXX")
    echo "proxy_set_header Authorization \"Bearer $key\";" >"$new"
    chmod 644 "$new" # nginx is another user
    mv "$new" "$snippet"
fi

exec python -m service serve
