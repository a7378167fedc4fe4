// Thread: a named thread that joins in its destructor. The names, as `ps -L`
// shows them, are listed in vigil/README.md.
#ifndef VIGIL_ENGINE_BASE_THREAD_H_
#define VIGIL_ENGINE_BASE_THREAD_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>

namespace vigil {

class Thread {
 public:
  Thread() = default;
  // `name` is cut to the 15 bytes that Linux keeps.
  Thread(const std::string& name, std::function<void()> body);
  ~Thread() { Join(); }
  Thread(Thread&&) = default;
  Thread& operator=(Thread&& other) noexcept {
    Join();
    thread_ = std::move(other.thread_);
    return *this;
  }

  void Join() {
    if (thread_.joinable()) thread_.join();
  }
  // It ends when it ends: nothing that it uses may be destroyed before.
  void Detach() { thread_.detach(); }
  // How many of them the machine runs at once; at least 1.
  static size_t Cores() {
    return std::max(1u, std::thread::hardware_concurrency());
  }
  bool IsCurrent() const {
    return thread_.get_id() == std::this_thread::get_id();
  }

 private:
  std::thread thread_;
};

}  // namespace vigil

#endif  // VIGIL_ENGINE_BASE_THREAD_H_
