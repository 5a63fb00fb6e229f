"""The settings that a service runs: gunicorn's master holds them for all of its workers.

An edited .env counts from a reload on; a worker that is replaced in between runs what the others
run. Commands and tests hold nothing, and read the environment.
"""

from service.config.config import Config


class HeldConfig:
    """The settings that gunicorn.conf.py has read; none outside of gunicorn."""

    config: Config | None = None

    def hold(self, config: Config | None) -> None:
        """Let the workers that start from now on take these settings."""
        self.config = config

    def read(self) -> Config:
        """The settings held; where none are, those of the environment. May raise ConfigError."""
        return self.config or Config.from_environment()


held_config = HeldConfig()
