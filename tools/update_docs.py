#!/usr/bin/env python3
"""Writes the blocks of docs/configuration.md anew: what `zoetrope describe NAME` prints, below each `### `NAME``.

    python3 tools/update_docs.py [build/bin/zoetrope]

tests/contracts/documentation_test.cpp holds the page to the program.
"""
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(__file__).resolve().parent.parent
program = sys.argv[1] if len(sys.argv) > 1 else str(root / "build/bin/zoetrope")
page = root / "docs/configuration.md"


def described(match):
    name = match.group(2)
    text = subprocess.run([program, "describe", *name.split()], check=True, capture_output=True, text=True).stdout
    return f"{match.group(1)}```json\n{text.rstrip()}\n```\n"


block = re.compile(r"(### `([^`]+)`\n(?:(?!```|###)[^\n]*\n)*)```json\n.*?\n```\n", re.DOTALL)
page.write_text(block.sub(described, page.read_text()))
