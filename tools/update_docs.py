#!/usr/bin/env python3
"""Writes the blocks of docs/configuration.md anew: what `zoetrope describe NAME` prints, below each heading `NAME`.
A heading that has no block yet gets one.

    python3 tools/update_docs.py [build/bin/zoetrope [PAGE]]

tests/contracts/documentation_test.cpp holds the page to the program.
"""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
program = sys.argv[1] if len(sys.argv) > 1 else str(root / "build/bin/zoetrope")
page = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else root / "docs/configuration.md"


def described(match):
    name = match.group("name")
    told = subprocess.run([program, "describe", *name.split()], capture_output=True, text=True)
    if told.returncode != 0:
        sys.exit(f"{page}: `{name}`: {told.stderr.strip()}")
    return f"{match.group('head').rstrip()}\n\n```json\n{told.stdout.rstrip()}\n```\n{'' if match.group('block') else chr(10)}"


# A heading, the sentences up to a block or the next heading, and the block.
section = re.compile(r"(?P<head>### `(?P<name>[^`]+)`\n(?:(?!```|#)[^\n]*\n)*)(?P<block>```json\n.*?\n```\n)?", re.DOTALL)
page.write_text(section.sub(described, page.read_text()).rstrip() + "\n")
