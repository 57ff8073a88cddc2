"""The command `gatehouse`: what researchers and auditors use without the server.

A subcommand is a module of `commands` with NAME, SUMMARY, EXAMPLES, `add_arguments(parser)` and
`run(args) -> exit status`; what it needs it imports in `run`, so that the others start without it.
"""

import argparse
import os
import sys
from collections.abc import Sequence

from .commands import audit_verify, verify
from .errors import ClientError

COMMANDS = (verify, audit_verify)
USAGE = 2  # exit status of wrong usage


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand. An error is one sentence on standard error, and exit status 2."""
    args = _parser().parse_args(arguments)
    try:
        return int(args.run(args))
    except (ClientError, argparse.ArgumentTypeError) as error:
        return _complain(str(error))
    except BrokenPipeError:  # whoever reads has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        return _complain(f"{name}{error.strerror or error}.")
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="gatehouse",
        description="Get, check and keep governed datasets up to date.",
        epilog="`gatehouse COMMAND --help` shows examples.",
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    for command in COMMANDS:
        sub = commands.add_parser(
            command.NAME,
            help=command.SUMMARY,
            description=command.SUMMARY[:1].upper() + command.SUMMARY[1:] + ".",
            epilog=command.EXAMPLES,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.add_arguments(sub)
        sub.set_defaults(run=command.run)
    return parser


def _complain(sentence: str) -> int:
    sys.stderr.write(f"gatehouse: {sentence}\n")
    return USAGE
