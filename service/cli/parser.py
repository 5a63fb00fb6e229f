"""From the arguments to one command. Only the module of that command is imported.

The supervisor process stays in memory as long as the service, so it must import neither psycopg
nor yoyo.
"""

import argparse
from collections.abc import Callable, Sequence
from difflib import get_close_matches
from importlib import import_module
from typing import NoReturn, Protocol, cast

from service import __version__
from service.cli.exit_codes import MEANINGS
from service.config import SECTIONS, Config

PROGRAM = "python -m service"
DESCRIPTION = "GATI Backend stores traces of AI agents and serves them to dashboards."

# Name -> module below service.cli, and one line for the list of commands.
COMMANDS = {
    "serve": ("serve", "run the service: database, migrations, web server"),
    "health": ("health", "ask the running service for its health"),
    "migrate up": ("migrate.up", "apply every migration that the database lacks"),
    "migrate down": ("migrate.down", "roll back the last N migrations and delete their data"),
    "migrate status": ("migrate.status", "list the migrations; exit 1 if some are not applied"),
    "migrate history": ("migrate.history", "list what was applied and rolled back, and when"),
    "migrate citus": ("migrate.citus", "distribute runs and events over the nodes of Citus"),
    "migrate new": ("migrate.new", "create the two files of the next migration"),
    "keys create": ("keys.create", "create an API key and print it, once"),
    "keys list": ("keys.list", "list every key; exit 3 if there is none"),
    "keys revoke": ("keys.revoke", "revoke a key"),
    "prices load": ("prices.load", "replace your own model prices with those of a file"),
    "prices update": ("prices.update", "replace the built-in prices with those of this version"),
    "prices list": ("prices.list", "print prices as CSV that can be loaded"),
    "prices reprice": ("prices.reprice", "recompute the costs of stored events"),
    "psql": ("psql", "open psql on the service's database; psql gets all arguments"),
    "explain": ("explain", "print the query plan of one of the service's queries"),
    "refresh": ("refresh", "fold metric deltas, for services with REFRESH_INTERVAL_SECONDS=0"),
    "verify": ("verify", "recompute every metric from events; exit 1 if one differs"),
    "retention": ("retention", "drop old weeks of events; metrics keep their totals"),
    "dump": ("dump", "write the database to a file with pg_dump"),
    "restore": ("restore", "fill an empty database from a file written by dump"),
    "import": ("importing.command", "store what an NDJSON or GATI SQLite file holds"),
    "dashboard": ("dashboard.command", "serve the released GATI dashboard on this machine"),
    "completion": ("completion", "print what makes bash or zsh complete commands and options"),
    "help": ("", "show this text, or the help of a command"),
}
RAW = "psql"  # argparse would take psql's own options for options of this command line

Run = Callable[[Config, argparse.Namespace], int]


class Command(Protocol):
    """What the module of a command has."""

    DESCRIPTION: str

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare the command's arguments."""

    @staticmethod
    def run(config: Config, options: argparse.Namespace) -> int:
        """Run the command; return the exit code."""


def parse(arguments: Sequence[str]) -> tuple[Run, argparse.Namespace]:
    """Return the chosen command's function and its options.

    Exits after printing help, and with WRONG_VALUE after an error in the arguments.
    """
    words, is_help = [*arguments], arguments[:1] == ["help"]
    while words[:1] == ["help"]:  # `help keys list` is `keys list --help`
        words = [*words[1:], "--help"]
    name = next((name for name in (" ".join(words[:2]), *words[:1]) if name in COMMANDS), None)
    if name is None:
        show_commands(words)
    command = load(name)
    parser = command_parser(name, command)
    rest = words[len(name.split()) :]
    if name == RAW and not is_help:
        return command.run, argparse.Namespace(arguments=rest)
    return command.run, parser.parse_args(rest)


def load(name: str) -> Command:
    """Import the module of a command."""
    return cast(Command, import_module(f"service.cli.{COMMANDS[name][0]}"))


def command_parser(name: str, command: Command) -> argparse.ArgumentParser:
    """Return the parser of one command's arguments."""
    parser = argparse.ArgumentParser(prog=f"{PROGRAM} {name}", description=command.DESCRIPTION)
    command.add_arguments(parser)
    return parser


def show_commands(words: Sequence[str]) -> NoReturn:
    """Show help, the version, or an error, where `words` name no command."""
    parser, kind, names = root_parser(), "COMMAND", list(dict.fromkeys(map(first_word, COMMANDS)))
    if words and words[0] in names:  # a group such as `keys`, without or with a wrong action
        parser, kind, names = group_parser(words[0]), "ACTION", actions(words[0])
        words = words[1:]
    if not words or words[0].startswith("-"):
        parser.parse_args(words)
        parser.error(f"expected {kind}, one of: {', '.join(names)}")
    near = get_close_matches(words[0], names, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are: {', '.join(names)}"
    parser.error(f"there is no {kind.lower()} {words[0][:40]!r}; {hint}")


def first_word(name: str) -> str:
    """Return the name of a command's group, or of the command itself."""
    return name.partition(" ")[0]


def actions(group: str) -> list[str]:
    """Return the second words of a group's commands."""
    return [name.partition(" ")[2] for name in COMMANDS if first_word(name) == group]


def group_parser(group: str) -> argparse.ArgumentParser:
    """Return a parser that shows the commands of one group."""
    return listing(group, "ACTION", [f"{group} {action}" for action in actions(group)])


def root_parser() -> argparse.ArgumentParser:
    """Return the parser of what comes before a command; its help lists everything there is."""
    parser = listing("", "COMMAND", list(COMMANDS), exit_codes(), settings())
    version = f"GATI Backend {__version__}"
    parser.add_argument("--version", action="version", version=version)
    return parser


def listing(group: str, kind: str, names: Sequence[str], *sections: str) -> argparse.ArgumentParser:
    """Return a parser whose help lists these commands, and then the sections."""
    lines = [f"  {name:17}{COMMANDS[name][1]}" for name in names]
    return argparse.ArgumentParser(
        prog=f"{PROGRAM} {group}".rstrip(),
        usage=f"%(prog)s [-h] {kind} ...",
        description=None if group else DESCRIPTION,
        epilog="\n\n".join(["\n".join(["commands:", *lines]), *sections]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def exit_codes() -> str:
    """List the exit codes."""
    return "\n".join(["exit codes:", *(f"  {code:<5}{text}" for code, text in MEANINGS.items())])


def settings() -> str:
    """List the environment variables with their defaults, by section."""
    lines = ["environment variables, also read from .env (see docs/reference/configuration.md):"]
    for section, found in SECTIONS.items():
        lines += ["", f" {section}"]
        lines += [f"  {s.name:26}{s.meaning} (default: {s.default or 'none'})" for s in found]
    return "\n".join(lines)
