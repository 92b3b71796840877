"""The command line: what an operator types, and one place that turns faults into plain words."""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from generators.errors import GeneratorError
from renderer.errors import RenderError
from station import (
    backup_command,
    commands,
    directions_command,
    embed_check,
    export_command,
    groove_command,
    import_archive_command,
    import_command,
    inputs_command,
    key_command,
    loadtest_command,
    model_commands,
    pack_command,
    rehearse_command,
    render_command,
    replay_command,
    soundfont_command,
    training_commands,
    verify_command,
)
from station.commands import Serve
from station.doctor import doctor
from station.errors import StationError
from station.settings import load_settings
from storage.errors import StorageError


def run(serve: Serve, arguments: Sequence[str] | None = None) -> int:
    """Run one command; its exit status. `serve` puts a programme on the web: the top room's."""
    parsed = _parser().parse_args(arguments)
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        parsed.serve = serve
        parsed.settings = load_settings(parsed.config)
        status: int = parsed.command(parsed)
        sys.stdout.flush()
        return status
    except BrokenPipeError:  # who reads has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (StationError, GeneratorError, RenderError, StorageError) as error:
        print(f"latentfm: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="latentfm", description="A generative radio.")
    parser.add_argument("--config", type=Path, help="settings file (default: station.toml)")
    add = parser.add_subparsers(required=True, metavar="COMMAND").add_parser

    serve = add("serve", help="go on air")
    serve.set_defaults(command=commands.serve)

    check = add("doctor", help="check this machine, and say what to do")
    check.set_defaults(command=doctor)
    embed_check.add_to(check.add_subparsers(metavar="COMMAND").add_parser)

    history = add("history", help="what was aired, newest first")
    history.add_argument("--station", help="which station (default: the first)")
    history.add_argument("-n", "--limit", type=int, default=20, help="how many (default: 20)")
    history.set_defaults(command=commands.history)

    render_command.add_to(add)
    replay_command.add_to(add)
    inputs_command.add_to(add)
    rehearse_command.add_to(add)
    loadtest_command.add_to(add)
    soundfont_command.add_to(add)

    token = add("token", help="the operator's token")
    token.add_argument("--new", action="store_true", help="make another; the old one ends")
    token.set_defaults(command=commands.token)

    key_command.add_to(add)
    backup_command.add_to(add)
    export_command.add_to(add)
    import_archive_command.add_to(add)
    pack_command.add_to(add)
    verify_command.add_to(add)
    import_command.add_to(add)
    model_commands.add_to(add)
    training_commands.add_to(add)
    directions_command.add_to(add)
    groove_command.add_to(add)
    return parser
