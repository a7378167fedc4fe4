#!/usr/bin/env python3
"""Makes copies of the product's sources that have the bugs of bugs.txt in them.

    seed_bugs.py ROOT BUGS OUT

Each bug is a choice at run time (seeded.h), so one program has them all. Writes to OUT
the copies, under the paths that they have in ROOT, and seeded_bugs.cc, the list.

A bug whose text is not found exactly once is an error: who changes the sources looks at
the bug, too. Blanks count for nothing, so clang-format may break lines as it likes.
"""
import pathlib
import re
import sys


class Bug:
    def __init__(self, name):
        self.name = name
        self.pitfall = ''
        self.what = ''
        self.weather = []
        self.changes = []  # of Change


class Change:
    def __init__(self, path, line):
        self.path = path
        self.line = line  # of bugs.txt
        self.old = []
        self.new = []


def fail(where, what):
    sys.exit(f'{where}: {what}')


def parse(path):
    bugs = []
    change = None
    for number, line in enumerate(path.read_text().splitlines(), 1):
        where = f'{path}:{number}'
        word, _, rest = line.partition(' ')
        if not line or line.startswith('#'):
            change = None
        elif word == 'bug':
            if rest in [bug.name for bug in bugs]:
                fail(where, f'a second bug of the name {rest}')
            bugs.append(Bug(rest))
        elif not bugs:
            fail(where, 'not of a bug')
        elif word == '---':
            change = Change(rest, where)
            bugs[-1].changes.append(change)
        elif line[0] in '-+':
            if change is None:
                fail(where, 'in no file')
            if line[0] == '-' and change.new:  # the next place in the same file
                change = Change(change.path, where)
                bugs[-1].changes.append(change)
            (change.old if line[0] == '-' else change.new).append(line[1:])
        elif word == 'pitfall':
            bugs[-1].pitfall = rest
        elif word == 'weather':
            bugs[-1].weather = rest.split()
        else:
            bugs[-1].what += (' ' if bugs[-1].what else '') + line
    return bugs


def place(text, change):
    """Where the old text of a change stands: (begin, end)."""
    tokens = ' '.join(change.old).split()
    found = list(re.finditer(r'\s+'.join(map(re.escape, tokens)), text))
    if len(found) != 1:
        fail(change.line, f'is in {change.path} {len(found)} times, not once')
    return found[0].span()


def seed(text, changes):
    edits = [(*place(text, change), bug, change) for bug, change in changes]
    edits.sort(key=lambda edit: edit[:2])
    out = ['#include "tests/simulation/seeded.h"\n']
    end = 0
    for begin, until, bug, change in edits:
        if begin < end:
            fail(change.line, 'overlaps with another change')
        out += [text[end:begin], '\n'.join(change.new).replace('BUG', bug.is_chosen)]
        end = until
    return ''.join(out + [text[end:]])


def quoted(text):
    return '"' + text.replace('\\', '\\\\').replace('"', '\\"') + '"'


def listing(bugs):
    rows = ''.join(
        f'      {{{quoted(bug.name)}, {quoted(bug.pitfall)}, {quoted(bug.what)},\n'
        f'       {{{", ".join(map(quoted, bug.weather))}}}}},\n' for bug in bugs)
    return ('#include "tests/simulation/seeded.h"\n\n'
            'namespace vigil::seeded {\n\n'
            'const std::vector<Bug>& Bugs() {\n'
            f'  static const std::vector<Bug> bugs = {{\n{rows}  }};\n'
            '  return bugs;\n}\n\n'
            '}  // namespace vigil::seeded\n')


def write(path, text):
    """Only if it is another text: what did not change is not compiled again."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists() or path.read_text() != text:
        path.write_text(text)


def main():
    root, source, out = (pathlib.Path(argument) for argument in sys.argv[1:])
    bugs = parse(source)
    by_path = {}
    for bug in bugs:
        bug.is_chosen = f'::vigil::seeded::Is({quoted(bug.name)})'
        for what in ('pitfall', 'what', 'changes'):
            if not getattr(bug, what):
                fail(source, f'{bug.name} has no {what}')
        for change in bug.changes:
            by_path.setdefault(change.path, []).append((bug, change))
    for path, changes in by_path.items():
        write(out / path, seed((root / path).read_text(), changes))
    write(out / 'seeded_bugs.cc', listing(bugs))
    (out / 'stamp').touch()


if __name__ == '__main__':
    main()
