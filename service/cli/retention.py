"""What `python -m service retention` prints."""

from service.cli.database import database_in_use
from service.config import Config, ConfigError
from service.core.clock import today
from service.core.failure import Failure
from service.db.retention import Busy, retaining


def run(config: Config, days: int, dry_run: bool) -> int:
    """Drop what is older than `days` days, a line each; 1 when something would not go."""
    if not days:
        raise ConfigError("RETENTION_DAYS is 0: say how long, such as --keep 90d")
    failed = False
    with database_in_use(config, "retention") as url:
        try:
            with retaining(url, today(), days) as retention:
                for partition in retention.partitions():
                    what = "would drop" if dry_run else "dropped"
                    if not retention.is_old(partition.newest):
                        what = f"keeps, for its newest event is of {partition.newest:%Y-%m-%d}:"
                    elif not dry_run and not retention.drop(partition):
                        what, failed = "in use, so nothing was changed:", True
                    print(f"{what} {partition}", flush=True)
                left = retention.left_in_default()
                if left:
                    print(f"keeps, for they lie in the DEFAULT partition: {left} old events")
                if not dry_run:
                    retention.tidy()
        except Busy as busy:
            raise Failure(str(busy)) from None
    return 1 if failed else 0
