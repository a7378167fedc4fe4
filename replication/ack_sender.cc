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
  latest_ = ack;
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
    Ack ack;
    {
      MutexLock lock(mu_);
      while (!latest_ && !closed_) changed_.Wait(mu_);
      if (closed_) return;
      ack = *std::exchange(latest_, std::nullopt);
    }
    if (!link_->Send(ack)) return;
  }
}

}  // namespace vigil::replication
