#include "replication/ack_sender.h"

#include <utility>

namespace vigil::replication {

AckSender::AckSender(std::unique_ptr<Link> link, Hello hello,
                     const Clock& clock, absl::Duration heartbeat)
    : clock_(clock),
      heartbeat_(heartbeat),
      link_(std::move(link)),
      thread_("vigil-ack", [this, hello = std::move(hello)] {
        Run(hello);
        link_->Close();
        done_ = true;
      }) {}

AckSender::~AckSender() {
  Close();
  thread_.Join();
}

void AckSender::Send(const Ack& ack) {
  MutexLock lock(mu_);
  const bool begins = !ack.formed && !sign_;
  sign_ = ack.formed ? std::nullopt : std::optional(ack);
  // Never past what waits already.
  if (!sending_ && !latest_ && !keys_ && link_->Offer(ack)) {
    if (begins) changed_.NotifyOne();  // the thread slept without end
    return;
  }
  latest_ = ack;
  changed_.NotifyOne();
}

void AckSender::Send(RewindKeys keys) {
  MutexLock lock(mu_);
  keys_ = std::move(keys);
  changed_.NotifyOne();
}

void AckSender::Close() {
  link_->Close();
  MutexLock lock(mu_);
  closed_ = true;
  changed_.NotifyOne();
}

void AckSender::Run(const Hello& hello) {
  if (!link_->Send(hello)) return;
  while (true) {
    std::optional<RewindKeys> keys;
    std::optional<Ack> ack;
    {
      MutexLock lock(mu_);
      sending_ = false;
      bool in_time = true;
      while (!latest_ && !keys_ && !closed_ && in_time) {
        in_time = changed_.WaitUntil(mu_, sign_ ? clock_.Mono() + heartbeat_
                                                : MonoTime::InfiniteFuture());
      }
      if (closed_) return;
      keys = std::exchange(keys_, std::nullopt);
      ack = std::exchange(latest_, std::nullopt);
      if (!keys && !ack) ack = sign_;
      sending_ = true;
    }
    if (keys && !link_->Send(*std::move(keys))) return;
    if (ack && !link_->Send(*ack)) return;
  }
}

}  // namespace vigil::replication
