"""Every exit code of `python -m service`, and what each means."""

OK = 0
FAILED = 1
WRONG_VALUE = 2
NO_KEY = 3  # distinct, because a script must not mistake a failure for "no key exists"
INTERRUPTED = 130  # 128 + SIGINT, as shells report it

MEANINGS = {
    OK: "success",
    FAILED: "failure, or a problem found by verify, migrate status, health, import or retention",
    WRONG_VALUE: "wrong argument or setting; nothing was done",
    NO_KEY: "keys list: no key exists",
    INTERRUPTED: "interrupted with Ctrl-C",
}
