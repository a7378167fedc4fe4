// Host: the process that the parts of a node run in, as they see it.
#ifndef VIGIL_TESTS_SIMULATION_HOST_H_
#define VIGIL_TESTS_SIMULATION_HOST_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/time/time.h"

namespace vigil::simulation {

class Host {
 public:
  virtual ~Host() = default;
  virtual const std::string& name() const = 0;
  virtual int machine() const = 0;
  virtual bool paused() const = 0;
  // It is killed; its parts go a moment later, and do nothing any more.
  virtual void Die(const std::string& why) = 0;
  virtual bool dead() const = 0;
  // Runs it in this process: not while it is paused, and never once it is dead.
  virtual void Post(absl::Duration delay, std::function<void()> run) = 0;

  // `call`, as long as the process lives; after that, nothing.
  template <typename Argument>
  std::function<void(Argument)> Guarded(std::function<void(Argument)> call) {
    return [life = std::weak_ptr<bool>(life_),
            call = std::move(call)](Argument argument) {
      if (life.lock()) call(std::move(argument));
    };
  }

  // Notes what the log has come to, for the checks: to be called before others learn.
  virtual void Observe() = 0;

  // --- What a part tells the others.
  virtual void OnRoleChanged() = 0;
  virtual void
  OnProgress() = 0;  // of the log, in memory, on disk, in the group
  virtual void BeforeGateCloses() = 0;  // the last moment for a writer
  virtual void OnDataReplaced() = 0;

 protected:
  std::shared_ptr<bool> life_;  // of the process at hand
};

}  // namespace vigil::simulation

#endif  // VIGIL_TESTS_SIMULATION_HOST_H_
