"""Config: every environment variable of the service, read once.

One file for each question: which variables there are, with default and meaning (settings), how a
value is read (values), and what came out of it (config).
"""

from service.config.config import Config
from service.config.settings import SETTINGS, WORKER_CLASSES, ConfigError

KILOBYTE = 1024
MEGABYTE = 1024 * 1024

__all__ = ["KILOBYTE", "MEGABYTE", "SETTINGS", "WORKER_CLASSES", "Config", "ConfigError"]
