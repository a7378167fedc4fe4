#!/usr/bin/env python3
"""Checks what the compiler does not: the architecture's rules, as tests.

    tidy.py ROOT                              all rules
    tidy.py ROOT --clang-format PROGRAM       the format only

Prints one line per violation, "file:line: rule: what", and exits with 1 if there is
one. Every rule has a seeded violation in tidy_test.py: a rule that finds nothing there
fails that test.
"""

import pathlib
import re
import subprocess
import sys

# Includes point down this list (skipping a layer is fine). tests/ and examples/ may use
# anything; nothing uses them.
LAYERS = ["proto", "engine", "replication", "sentinel", "vigil"]
USERS = ["tests", "examples"]
# In these a file is a core, unless its name says edge or shells.txt says shell.
CORE_LAYERS = ["engine", "replication", "sentinel"]
SHELLS_FILE = "tests/tidy/shells.txt"

# Through these a core gets time and chance as values, so it may include their headers;
# behind the header stands the machine's clock or random device.
PORTS = ["engine/base/clock", "engine/base/random"]

# An edge whose functions are pure: same arguments, same result.
PURE_EDGES = ["replication/openssl_hmac"]

NOT_IN_A_CORE = [
    ("thread or lock", r"\bstd::(thread|jthread|this_thread|async|future|promise|latch"
     r"|barrier|counting_semaphore|binary_semaphore|\w*mutex|\w*_lock|lock_guard"
     r"|condition_variable\w*)\b|\b(Mutex|MutexLock|CondVar|Thread)\b"),
    ("clock", r"\bstd::chrono\b|\babsl::(Now|GetCurrentTimeNanos)\b|\bSystemClock\b"
     r"|\bClock\s*[&*]|\b(gettimeofday|clock_gettime)\b"
     r"|(?<![\w.>])time\s*\(\s*(nullptr|NULL|0|&)"),
    ("chance", r"\brandom_device\b|\bRandomFromSystem\b|(?<![\w.>:])s?rand\s*\("
     r"|\babsl::(BitGen|InsecureBitGen)\b"),
    ("access to the outside world", r"\bstd::(filesystem|[io]?fstream|cin|cout|cerr)\b|(?<!\w)"
     r"::(socket|connect|bind|listen|accept|send|recv|open|read|write|close)\s*\("
     r"|\b(fopen|fsync|fdatasync|getaddrinfo|getenv)\s*\("),
]
NOT_INCLUDED_BY_A_CORE = re.compile(
    r"<(atomic|chrono|condition_variable|csignal|ctime|filesystem|fstream|future|iostream"
    r"|latch|mutex|random|semaphore|shared_mutex|stop_token|thread"
    r"|(sys|netinet|arpa|linux)/.*|(fcntl|netdb|pthread|signal|time|unistd)\.h)>"
    r'|"absl/(random|synchronization)/.*"')

NOT_IN_THE_LIBRARY = [
    ("a lock without thread-safety analysis (use vigil::Mutex)", ["engine/base/mutex"],
     r"\bstd::(\w*mutex|lock_guard|\w*_lock|condition_variable\w*)\b"
     r"|\babsl::(Mutex|CondVar|\w*MutexLock)\b"),
    ("a thread without a name (use vigil::Thread)", ["engine/base/thread"],
     r"\bstd::(thread|jthread|async)\b(?!::id)"),
    ("the process belongs to the application", [],
     r"(?<![\w.>:])(fork|signal|sigaction|exit|_exit|system)\s*\("
     r"|\bstd::(cout|cerr|clog|exit)\b|\b(printf|fprintf|puts)\s*\("),
]

SLEEP = r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\b|(?<![\w.>:])sleep\s*\("
UNFINISHED = r"\b(TODO|FIXME|XXX|HACK)\b"
DISABLED = r"\bDISABLED_|\bGTEST_SKIP\b"
PUBLIC_INCLUDE = re.compile(
    r'<[a-z_0-9]+>|"absl/(status|time)/[a-z_]+\.h"|"vigil/[a-z_]+\.h"')


TEXT = ["", ".h", ".cc", ".proto", ".py", ".md", ".txt", ".cmake", ".in", ".json"]


class Source:
    """One file: its path from the root, its lines, and its lines without comments and
    literals (so that a rule reads code only)."""

    def __init__(self, root, path):
        self.path = path
        self.text = (root / path).read_text(encoding="utf-8", errors="replace")
        self.stem, _, self.extension = path.partition(".")
        self.folder = path.split("/")[0]
        self.name = path.split("/")[-1]
        self.is_cpp = self.extension in ("h", "cc")
        self.code = strip(self.text) if self.is_cpp else self.text
        self.includes = [
            (number, match.group(1))
            for number, line in enumerate(self.text.splitlines(), 1)
            if self.is_cpp and (match := re.match(r'\s*#\s*include\s+(<.+?>|".+?")', line))]

    def is_edge(self):
        return re.match(r"(grpc_|openssl_|rocksdb_|wire\.)", self.name) is not None

    def is_core(self):
        return (self.is_cpp and self.folder in CORE_LAYERS and not self.is_edge()
                and self.stem not in SHELLS and self.stem not in PORTS)

    def find(self, pattern, text=None):
        """(line number, what was found) of each match."""
        for number, line in enumerate((text or self.code).splitlines(), 1):
            if match := re.search(pattern, line):
                yield number, match.group(0).strip()


def read_shells():
    """{path without extension: line in shells.txt}. A shell owns a core, and with it the
    lock or the thread."""
    lines = (pathlib.Path(__file__).parent / "shells.txt").read_text().splitlines()
    return {line.split()[0]: number for number, line in enumerate(lines, 1)
            if line and not line.startswith("#")}


def strip(text):
    """Blanks comments and literals, and keeps the lines."""
    token = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"([^(\s]*)\(.*?\)\1"'
        r'|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])*\'', re.DOTALL)
    return token.sub(lambda m: "\n" * m.group(0).count("\n"), text)


def layer_of_include(include):
    """The layer of "engine/log.h"; proto for a generated header; None for others."""
    if re.search(r"\.pb\.h.$", include):
        return "proto"
    folder = include.strip('"').split("/")[0]
    return folder if include[0] == '"' and folder in LAYERS + USERS else None


SHELLS = read_shells()


class Tree:
    """All sources below a root, by path, and what follows from them together."""

    def __init__(self, root):
        paths = [path for path in root.iterdir() if path.is_file() and path.suffix]
        for folder in LAYERS + USERS + [".ci"]:
            paths += [path for path in (root / folder).rglob("*") if path.is_file()]
        names = [str(path.relative_to(root)) for path in sorted(paths)
                 if path.suffix in TEXT and "__pycache__" not in path.parts]
        self.sources = {name: Source(root, name) for name in names}
        self.public_headers = self.closure("vigil/vigil.h")
        readme = self.sources.get("vigil/README.md")
        self.thread_names = re.findall(r"`(vigil-\w+)`", readme.text if readme else "")

    def closure(self, start):
        """`start` and what it includes, directly or not, of our own headers."""
        queue, seen = [start], set()
        while queue:
            path = queue.pop()
            if path in self.sources and path not in seen:
                seen.add(path)
                queue += [include[1:-1] for _, include in self.sources[path].includes]
        return seen


# Each rule yields (line number, what) of its violations in one source of a tree.


def include_direction(_tree, source):
    if source.folder not in LAYERS:
        return
    for number, include in source.includes:
        layer = layer_of_include(include)
        if layer in USERS or (layer in LAYERS
                              and LAYERS.index(layer) > LAYERS.index(source.folder)):
            yield number, f"{source.folder}/ does not look up to {include}"


def edge_include(_tree, source):
    for number, include in source.includes:
        if source.folder not in LAYERS:
            continue  # a test of an edge may include what the edge includes
        path = include[1:-1]
        if path.startswith("openssl/") and not source.name.startswith("openssl_"):
            yield number, f"{include} belongs into an openssl_* file"
        elif path.startswith("rocksdb/") and not source.name.startswith("rocksdb_"):
            yield number, f"{include} belongs into a rocksdb_* file"
        elif ((path.startswith(("grpc/", "grpcpp/")) or path.endswith(".grpc.pb.h"))
              and not source.name.startswith("grpc_")):
            yield number, f"{include} belongs into a grpc_* file"
        elif ((path.endswith(".pb.h") or path.startswith("google/protobuf/"))
              and not source.name.startswith(("grpc_", "wire."))):
            yield number, f"{include} belongs into a grpc_* or wire.* file"


def pure_core(_tree, source):
    if not source.is_core():
        return
    for what, pattern in NOT_IN_A_CORE:
        for number, found in source.find(pattern):
            yield number, f"{found}: a core has no {what}"
    for number, include in source.includes:
        if NOT_INCLUDED_BY_A_CORE.fullmatch(include):
            yield number, f"a core does not include {include}"
        stem, _, _ = include[1:-1].partition(".")
        edge = (re.search(r"/(grpc_|openssl_|rocksdb_|wire$)", stem)
                and stem not in PURE_EDGES)
        if include[0] == '"' and (stem in SHELLS or edge):
            yield number, f"a core does not include the shell or edge {include}"


def library_manners(_tree, source):
    if not source.is_cpp or source.folder not in LAYERS:
        return
    for what, exempt, pattern in NOT_IN_THE_LIBRARY:
        if source.stem in exempt:
            continue
        for number, found in source.find(pattern):
            yield number, f"{found}: {what}"


def public_header(tree, source):
    if source.path not in tree.public_headers:
        return
    for number, include in source.includes:
        if not PUBLIC_INCLUDE.fullmatch(include) or include.endswith('.pb.h"'):
            yield number, f"an application shall not see {include}"


def unfinished(_tree, source):
    if source.path.startswith("tests/tidy/"):
        return  # the rule's own words
    for number, found in source.find(UNFINISHED, source.text):
        yield number, f"{found}: finish it, or say in the README what is not there"


def disabled_test(_tree, source):
    if source.folder != "tests" or source.path.startswith("tests/tidy/"):
        return
    for number, found in source.find(DISABLED):
        yield number, f"{found}: nothing is disabled"


def sleep_in_unit_test(_tree, source):
    if not re.match(r"tests/(engine|replication|sentinel|vigil)/", source.path):
        return
    for number, found in source.find(SLEEP):
        yield number, f"{found}: a unit test lives in virtual time"


def thread_name(tree, source):
    if not source.is_cpp or source.folder not in LAYERS:
        return
    for number, name in source.find(r'(?<=")vigil-\w+(?=")', source.text):
        if name not in tree.thread_names:
            yield number, f"{name}: list it in vigil/README.md, with what it does"
        if len(name) > 15:
            yield number, f"{name}: Linux keeps 15 bytes of a thread's name"


RULES = [include_direction, edge_include, pure_core, library_manners, public_header,
         unfinished, disabled_test, sleep_in_unit_test, thread_name]


def check(root):
    """All violations below `root`, as "file:line: rule: what"."""
    tree = Tree(root)
    lines = []
    for source in tree.sources.values():
        for rule in RULES:
            name = rule.__name__.replace("_", "-")
            lines += [f"{source.path}:{number}: {name}: {what}"
                      for number, what in rule(tree, source)]
    return lines


def stale_shells(root):
    """Entries of shells.txt whose file is gone."""
    return [f"{SHELLS_FILE}:{line}: stale-shell: there is no {stem}.h or {stem}.cc"
            for stem, line in SHELLS.items()
            if not (root / f"{stem}.h").exists() and not (root / f"{stem}.cc").exists()]


def check_format(root, program):
    paths = [source.path for source in Tree(root).sources.values()
             if source.is_cpp and "/testdata/" not in source.path]
    result = subprocess.run([program, "--dry-run", *paths], cwd=root, check=True,
                            stderr=subprocess.PIPE, text=True)
    first = {}  # of each file: one line says enough
    for path, line in re.findall(r"^(\S+?):(\d+):\d+: warning: code should be",
                                 result.stderr, re.MULTILINE):
        first.setdefault(path, line)
    return [f"{path}:{line}: format: clang-format -i {path}" for path, line in first.items()]


def main(arguments):
    root = pathlib.Path(arguments[0])
    if arguments[1:2] == ["--clang-format"]:
        lines = check_format(root, arguments[2])
    else:
        lines = check(root) + stale_shells(root)
    print("\n".join(lines) or "tidy")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
