"""Environment variables of earlier versions, and what replaces each."""

from collections.abc import Mapping

# Name -> the value that matches today's behaviour, and the replacement of every other value.
REMOVED = {
    "LOG_REQUESTS": ("problems", "DEBUG=true logs every request"),
    "MAX_EVENT_DEPTH": ("64", "the limit is 64"),
    "MAX_HEADERS": ("100", "the limit is 100"),
    "MAX_HEADER_KB": ("8", "the limit is 8"),
    "MAX_EXPORTS": ("2", "each worker serves 3 exports at a time, 2 of them to one client"),
    "QUARTER_HOUR_DAYS": ("93", "metrics by hour are kept for 93 days"),
    "DASHBOARD_PORT": ("3000", "use python -m service dashboard --port"),
    "DASHBOARD_KEY": ("", "use python -m service dashboard --key-file"),
}


def removed_settings(variables: Mapping[str, str]) -> list[str]:
    """Return one line for each removed variable whose value no longer has an effect."""
    return [
        f"{name} no longer exists and is ignored: {replacement}"
        for name, (harmless, replacement) in REMOVED.items()
        if variables.get(name, "").strip() not in ("", harmless)
    ]
