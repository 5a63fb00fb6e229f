"""python -m service completion: commands and options on the Tab key."""

import argparse
import re

from service.cli.exit_codes import OK
from service.cli.parser import COMMANDS, RAW, actions, command_parser, first_word, load
from service.config import Config

DESCRIPTION = """Print what makes a shell complete the commands and options of gati-backend:
source <(gati-backend completion bash) in ~/.bashrc, or the same with zsh in ~/.zshrc."""
# zsh runs the functions of bash once this is loaded.
ZSH = "autoload -U +X compinit bashcompinit && compinit && bashcompinit\n"
SCRIPT = """\
_gati_backend() {{
    local choices=
    case "$COMP_CWORD ${{COMP_WORDS[1]}} ${{COMP_WORDS[2]}} " in
        "1 "*) choices="{commands}" ;;
{cases}
    esac
    COMPREPLY=($(compgen -W "$choices" -- "${{COMP_WORDS[COMP_CWORD]}}"))
}}
complete -o default -F _gati_backend gati-backend
"""
LONG_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments."""
    parser.add_argument("shell", choices=("bash", "zsh"), help="the shell to complete in")


def run(_config: Config, options: argparse.Namespace) -> int:
    """Print the script for the shell."""
    print(f"{ZSH if options.shell == 'zsh' else ''}{script()}", end="")
    return OK


def script() -> str:
    """The function that completes, and its registration."""
    firsts = list(dict.fromkeys(map(first_word, COMMANDS)))
    groups = [first for first in firsts if first not in COMMANDS]
    cases = [
        *(case(f'"2 {group} "*', actions(group)) for group in groups),
        case('"2 help "*', firsts),
        *(case(f'*" {name} "*', options_of(name)) for name in leaves()),
    ]
    first = " ".join([*firsts, "--help", "--version"])
    return SCRIPT.format(commands=first, cases="\n".join(cases))


def leaves() -> list[str]:
    """The commands with options of their own."""
    return [name for name, (module, _) in COMMANDS.items() if module and name != RAW]


def case(pattern: str, choices: list[str]) -> str:
    """A branch: what may follow where the number of the word and the words before match."""
    return f'        {pattern}) choices="{" ".join(choices)}" ;;'


def options_of(name: str) -> list[str]:
    """The long options of a command, as its usage has them."""
    usage = command_parser(name, load(name)).format_usage()
    return sorted({*LONG_OPTION.findall(usage), "--help"})
