// An application with a group of one: consumer ADDRESS DIRECTORY
#include <vigil/vigil.h>

#include <atomic>
#include <iostream>

int main(int, char** argv) {
  vigil::Options options;
  options.group = "install-test";
  options.node_id = "a";
  options.members = {{"a", argv[1]}};
  options.data_dir = argv[2];
  auto node = vigil::Node::Open(options);
  if (!node.ok()) return std::cerr << node.status() << "\n", 1;

  std::atomic<bool> master = false;
  auto roles = (*node)->OnRole([&](const vigil::RoleView& view) {
    master = view.role == vigil::NodeRole::kMaster;
    master.notify_one();
  });
  master.wait(false);

  auto write = (*node)->Set("key", "value", {.ack = vigil::Ack::kQuorum});
  if (!write.ok()) return std::cerr << write.status() << "\n", 1;
  auto read = (*node)->Get("key");
  if (!read.ok() || read->data != "value") return std::cerr << "not read\n", 1;
  std::cout << "index " << write->receipt.index << ": " << read->data << "\n";
}
