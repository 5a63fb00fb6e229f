#!/bin/sh
# The backend's start in compose: a first admin key, and a read key for the dashboard's nginx, each
# made once. Both lie in the database as a hash alone; the first is printed here and nowhere else.
set -eu

python -m service migrate up --quiet --wait 60

if ! python -m service keys list >/dev/null 2>&1; then
    echo "The first start: here is the admin key. It is shown this once."
    python -m service keys create admin --scope admin
fi

# Anew where either volume was removed: the key in one, its hash in the other.
snippet="$KEY_DIRECTORY/dashboard.conf"
if [ ! -s "$snippet" ] || ! python -m service keys list | grep -q " valid .* dashboard$"; then
    python -m service keys revoke dashboard >/dev/null 2>&1 || true
    key=$(python -m service keys create dashboard --scope read 2>/dev/null)
    echo "proxy_set_header Authorization \"Bearer $key\";" >"$snippet.new"
    mv "$snippet.new" "$snippet"
fi

exec python -m service serve
