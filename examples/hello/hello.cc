// A group of one member: the whole of what an application needs to begin.
//   hello [port]
#include <vigil/vigil.h>

#include <future>
#include <iostream>

int main(int argc, char** argv) {
  vigil::Options o;
  o.group = "hello";
  o.node_id = "a";
  o.members = {
      {"a", std::string("127.0.0.1:") + (argc > 1 ? argv[1] : "7001")}};
  auto node = vigil::Node::Open(o);  // no data_dir: memory only
  if (!node.ok()) return std::cerr << node.status() << "\n", 1;

  std::promise<void> promoted;
  auto roles =
      (*node)->OnRole([&, told = false](const vigil::RoleView& r) mutable {
        if (r.role == vigil::NodeRole::kMaster && !std::exchange(told, true)) {
          promoted.set_value();
        }
      });
  promoted.get_future().wait();

  auto write =
      (*node)->Set("greeting", "hello, world",
                   {.ttl = absl::Minutes(30), .ack = vigil::Ack::kQuorum});
  if (!write.ok()) return std::cerr << write.status() << "\n", 1;
  auto value = (*node)->Get("greeting");
  if (!value.ok()) return std::cerr << value.status() << "\n", 1;
  std::cout << value->data << " (epoch " << write->receipt.epoch << ", index "
            << write->receipt.index << ")\n";
}
