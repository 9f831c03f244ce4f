"""`python -m infra.local up | stop | status | demo | supervise`; `./run` is the door people use."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from infra.local import commands, product
from infra.local.supervisor import Supervisor


def main() -> int:
    """Do what the command line asks; 0 when it is so, 1 when it failed, 3 when nothing runs."""
    asked, rest = _parser().parse_known_args()
    if rest and asked.command != "demo":
        _parser().error(f"unknown: {' '.join(rest)}")
    try:
        return _do(asked, rest)
    except (commands.Failed, RuntimeError, ValueError) as error:
        commands.say(str(error))
        return 1


def _do(asked: argparse.Namespace, rest: list[str]) -> int:
    if asked.command == "supervise":
        return Supervisor(asked.state, asked.parts, os.environ, commands.say).run()
    if asked.command == "demo":
        return commands.demo(asked.state, rest, leave=asked.exit)
    if asked.command == "up":
        commands.up(asked.state, asked.parts)
        commands.keep(asked.state)
        return _print_status(commands.status(asked.state), as_json=asked.json)
    if asked.command == "stop":
        commands.say("stopped" if commands.stop(asked.state) else "nothing was running")
        return 0
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `./run status | head -1` ends quietly
    return _print_status(commands.status(asked.state), as_json=asked.json)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="run", description="The embedded stack.", allow_abbrev=False)
    default = Path(os.environ.get("ZHANGFANG_STATE") or product.ROOT / ".state")
    parser.add_argument("--state", type=Path, default=default, help="the state directory")
    commands_ = parser.add_subparsers(dest="command", required=True)
    for name, text in (("up", "start everything"), ("supervise", "the same, in the foreground")):
        command = commands_.add_parser(name, help=text, allow_abbrev=False)
        command.add_argument("--parts", type=_parts, default=commands.PARTS, help=",".join(commands.PARTS))
        command.add_argument("--json", action="store_true")
    commands_.add_parser("stop", help="stop everything", allow_abbrev=False)
    command = commands_.add_parser("status", help="each process and its health", allow_abbrev=False)
    command.add_argument("--json", action="store_true")
    command = commands_.add_parser("demo", help="start everything and run the main job", allow_abbrev=False)
    command.add_argument("--exit", action="store_true", help="stop everything after the table")
    return parser


def _parts(text: str) -> list[str]:
    chosen = text.split(",")
    if unknown := set(chosen) - set(commands.PARTS):
        raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
    return chosen


def _print_status(found: dict[str, Any], *, as_json: bool) -> int:
    if as_json:
        sys.stdout.write(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write(f"{found['state']}\n")
        for one in found["processes"]:
            line = f"{one['name']:10} pid {one['pid'] or '-':<8} port {one['port'] or '-':<6} {one['problem'] or 'ok'}"
            sys.stdout.write(line + (f"  ({one['restarts']} restarts)\n" if one["restarts"] else "\n"))
        for name, address in found["addresses"].items():
            sys.stdout.write(f"{name:10} {address}\n")
    return {"healthy": 0, "stopped": 3}.get(found["state"], 1)


if __name__ == "__main__":
    sys.exit(main())
