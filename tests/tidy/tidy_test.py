#!/usr/bin/env python3
"""A rule that finds nothing proves nothing: each finds the violation seeded here, at its
line, and says nothing about a clean tree."""

import pathlib
import shutil
import tempfile
import unittest

import tidy

# rule: [(file, text, line of the violation)]
SEEDED = {
    "include-direction": [
        ("engine/log.h", '#include "engine/record.h"\n#include "replication/member.h"\n', 2),
        ("sentinel/step.cc", '#include "vigil/node.h"\n', 1),
        ("proto/vigil/extra.h", '#include "engine/log.h"\n', 1),
        ("vigil/node.cc", '#include "tests/fake.h"\n', 1),
        ("engine/log.cc", '  #  include "examples/hello/hello.h"\n', 1),
    ],
    "edge-include": [
        ("engine/storage.cc", "\n#include <rocksdb/db.h>\n", 2),
        ("engine/grpc_storage.cc", '#include "rocksdb/db.h"\n', 1),
        ("replication/admission.cc", "#include <openssl/hmac.h>\n", 1),
        ("vigil/node.cc", "#include <grpcpp/grpcpp.h>\n", 1),
        ("replication/wire.cc", '#include "vigil/replication.grpc.pb.h"\n', 1),
        ("replication/replicator.cc", '#include "vigil/replication.pb.h"\n', 1),
        ("sentinel/vote.h", "#include <google/protobuf/message.h>\n", 1),
    ],
    "pure-core": [
        ("engine/keyspace.h", "\n\nclass K { Mutex mu_; };\n", 3),
        ("sentinel/step.h", "#include <thread>\n", 1),
        ("sentinel/step.h", '#include "engine/base/mutex.h"\n', 1),
        ("sentinel/step.h", '#include "replication/grpc_replication.h"\n', 1),
        ("replication/core.h", '#include "replication/openssl_certificate.h"\n', 1),
        ("sentinel/step.cc", "auto t = absl::Now();\n", 1),
        ("sentinel/step.cc", "auto t = std::chrono::steady_clock::now();\n", 1),
        ("sentinel/step.cc", "/* a\n comment */ long t = time(nullptr);\n", 2),
        ("sentinel/step.h", "Step(const Clock& clock);\n", 1),
        ("replication/core.cc", "int r = rand();\n", 1),
        ("replication/core.cc", "uint64_t id = RandomFromSystem();\n", 1),
        ("replication/core.cc", "std::ofstream out;\n", 1),
        ("replication/core.cc", "int fd = ::open(path, 0);\n", 1),
    ],
    "library-manners": [
        ("vigil/node.cc", "std::mutex mu;\n", 1),
        ("replication/grpc_replication.cc", "absl::Mutex mu;\n", 1),
        ("vigil/node.cc", "std::thread t;\n", 1),
        ("vigil/node.cc", 'void F() {\n  std::cerr << "x";\n}\n', 2),
        ("vigil/node.cc", "if (fork() == 0) return;\n", 1),
    ],
    "public-header": [
        ("vigil/node.h", '#include "engine/engine.h"\n', 1),
        ("vigil/options.h", "#include <grpcpp/grpcpp.h>\n", 1),
        ("vigil/options.h", '#include "absl/container/flat_hash_map.h"\n', 1),
        ("vigil/options.h", '#include "vigil/replication.pb.h"\n', 1),
    ],
    "unfinished": [
        ("engine/log.cc", "\n// TODO: later\n", 2),
        ("README.md", "FIXME\n", 1),
        ("tests/run", "# XXX\n", 1),
        ("engine/CMakeLists.txt", "# HACK\n", 1),
    ],
    "disabled-test": [
        ("tests/engine/log_test.cc", "TEST(Log, DISABLED_Appends) {}\n", 1),
        ("tests/cluster/kill_test.cc", "void F() { GTEST_SKIP(); }\n", 1),
    ],
    "thread-name": [
        ("engine/flusher.cc", '\nthread_ = Thread("vigil-nobody", [] {});\n', 2),
        ("engine/flusher.cc", 'thread_ = Thread("vigil-much_too_long", [] {});\n', 1),
    ],
    "sleep-in-unit-test": [
        ("tests/engine/log_test.cc", "\nstd::this_thread::sleep_for(x);\n", 2),
        ("tests/sentinel/step_test.cc", "absl::SleepFor(x);\n", 1),
        ("tests/vigil/node_test.cc", "usleep(1);\n", 1),
        ("tests/vigil/node_test.cc", "sleep(1);\n", 1),
    ],
}

# Looks like a violation and is none.
CLEAN = {
    "vigil/vigil.h": '#include "vigil/node.h"\n#include "vigil/options.h"\n',
    "vigil/node.h": '#include <string>\n\n#include "absl/status/statusor.h"\n',
    "vigil/options.h": '#include "absl/time/time.h"\n',
    "vigil/README.md": "| `vigil-flush` | engine | `vigil-much_too_long` |\n",
    "vigil/roles.cc": 'std::thread::id caller;\nauto t = Thread("vigil-flush", f);\n',
    "vigil/front_door.h": '#include "engine/engine.h"\n#include "sentinel/monitor.h"\n',
    "engine/rocksdb_storage.cc": "#include <rocksdb/db.h>\n",
    "engine/base/mutex.h": "#include <mutex>\nstd::mutex mu_;\n",
    "engine/base/clock.h": "class SystemClock {};\n",
    "engine/keyspace.cc": ('#include "engine/base/clock.h"\n// std::mutex, absl::Now()\n'
                           'auto s = "rand() std::thread";\nint n = 1\'000; char c = \'"\';\n'
                           "Time expiry_time(const Entry& e); auto t = e.time();\n"),
    "replication/wire.h": '#include "vigil/replication.pb.h"\n',
    "replication/grpc_replication.cc": '#include "vigil/replication.grpc.pb.h"\n',
    "tests/cluster/kill_test.cc": '#include "vigil/node.h"\nabsl::SleepFor(x);\n',
    "tests/engine/rocksdb_test.cc": "#include <rocksdb/db.h>\n",
}


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.root)
        for path, text in CLEAN.items():
            self.write(path, text)

    def write(self, path, text):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")

    def test_clean_tree_is_tidy(self):
        self.assertEqual(tidy.check(self.root), [])

    def test_every_rule_has_a_seeded_violation(self):
        rules = [rule.__name__.replace("_", "-") for rule in tidy.RULES]
        self.assertEqual(sorted(rules), sorted(SEEDED))

    def test_every_seeded_violation_is_found(self):
        for rule, seeds in SEEDED.items():
            for path, text, line in seeds:
                with self.subTest(rule=rule, path=path, text=text):
                    self.write(path, text)
                    found = [":".join(violation.split(":", 3)[:3])
                             for violation in tidy.check(self.root)]
                    self.assertIn(f"{path}:{line}: {rule}", found)
                    if path in CLEAN:
                        self.write(path, CLEAN[path])
                    else:
                        (self.root / path).unlink()

    def test_shell_without_a_file_is_stale(self):
        stale = "\n".join(tidy.stale_shells(self.root))
        self.assertIn("engine/base/thread", stale)
        self.assertNotIn("engine/base/mutex", stale)


if __name__ == "__main__":
    unittest.main()
