"""Config: every environment variable of the service, read once.

settings holds the one table, values the converters, config the result, held what gunicorn's workers
take, and removed the variables of earlier versions.
"""

from service.config.config import Config, read_variables
from service.config.held import held_config
from service.config.removed import removed_settings
from service.config.settings import SECTIONS, SETTINGS, WORKER_CLASSES, ConfigError, Setting

KILOBYTE = 1024
MEGABYTE = 1024 * 1024

__all__ = [
    "KILOBYTE",
    "MEGABYTE",
    "SECTIONS",
    "SETTINGS",
    "WORKER_CLASSES",
    "Config",
    "ConfigError",
    "Setting",
    "held_config",
    "read_variables",
    "removed_settings",
]
