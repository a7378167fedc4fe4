#include "replication/ack_sender.h"

#include <utility>

namespace vigil::replication {

AckSender::AckSender(std::unique_ptr<Link> link, Hello hello)
    : link_(std::move(link)),
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
  // Never past what waits already.
  if (!sending_ && !latest_ && !keys_ && link_->Offer(ack)) return;
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
      while (!latest_ && !keys_ && !closed_) changed_.Wait(mu_);
      if (closed_) return;
      keys = std::exchange(keys_, std::nullopt);
      ack = std::exchange(latest_, std::nullopt);
      sending_ = true;
    }
    if (keys && !link_->Send(*std::move(keys))) return;
    if (ack && !link_->Send(*ack)) return;
  }
}

}  // namespace vigil::replication
