#!/usr/bin/env python3
"""Inputs of a fuzz target, as the files that libFuzzer wants and as the text that is kept.

    corpus.py unpack TEXT DIRECTORY   a file for each line
    corpus.py pack DIRECTORY TEXT     adds a line for each file that has none, shortest
                                      first, while the text is below a bound
"""

import base64
import pathlib
import sys

# Enough for what the targets need; and a repository is not a store.
TEXT_BYTES_MAX = 6_000


def unpack(text, directory):
    for number, line in enumerate(text.read_text().splitlines()):
        (directory / f"kept{number}").write_bytes(base64.b64decode(line))


def pack(directory, text):
    lines = text.read_text().splitlines()
    files = [path.read_bytes() for path in directory.iterdir()]
    size = sum(len(line) + 1 for line in lines)
    for data in sorted(files, key=lambda data: (len(data), data)):
        line = base64.b64encode(data).decode()
        if line in lines or size + len(line) >= TEXT_BYTES_MAX:
            continue
        lines.append(line)
        size += len(line) + 1
    text.write_text("".join(line + "\n" for line in lines))


def main():
    command, source, target = sys.argv[1:]
    {"unpack": unpack, "pack": pack}[command](pathlib.Path(source), pathlib.Path(target))


if __name__ == "__main__":
    main()
