#include "replication/link_table.h"

#include <utility>

namespace vigil::replication {

LinkId LinkTable::Accept(std::shared_ptr<Link> link) {
  MutexLock lock(mu_);
  if (closed_) link->Close();
  inbound_.emplace(++accepted_, Inbound{.link = std::move(link)});
  return accepted_;
}

void LinkTable::Dial(LinkId link, const std::string& address, Hello hello,
                     LinkHandler& handler) {
  outbound_[link] = std::make_unique<AckSender>(
      transport_.Dial(address, link, handler), std::move(hello));
}

void LinkTable::Feed(LinkId link, std::variant<Welcome, Refused> answer) {
  MutexLock lock(mu_);
  const auto it = inbound_.find(link);
  if (it == inbound_.end() || it->second.feeder) return;
  it->second.feeder = std::make_unique<Feeder>(
      options_, it->second.link, std::move(answer), engine_, clock_, marks_);
}

void LinkTable::FeedKeys(LinkId link, RewindKeys keys) {
  MutexLock lock(mu_);
  const auto it = inbound_.find(link);
  if (it == inbound_.end() || !it->second.feeder) return;
  it->second.feeder->Put(std::move(keys));
}

void LinkTable::TellRead(LinkId link, uint64_t read, uint64_t index) {
  MutexLock lock(mu_);
  const auto it = inbound_.find(link);
  if (it != inbound_.end() && it->second.feeder)
    it->second.feeder->TellRead(read, index);
}

void LinkTable::Acknowledged(LinkId link, uint64_t held) {
  MutexLock lock(mu_);
  const auto it = inbound_.find(link);
  if (it != inbound_.end() && it->second.feeder)
    it->second.feeder->Acknowledged(held);
}

void LinkTable::SendKeys(LinkId link, RewindKeys keys) {
  const auto it = outbound_.find(link);
  if (it != outbound_.end()) it->second->Send(std::move(keys));
}

void LinkTable::SendAck(LinkId link, const Ack& ack) {
  const auto it = outbound_.find(link);
  if (it != outbound_.end()) it->second->Send(ack);
}

void LinkTable::Close(LinkId link) {
  if (auto sender = outbound_.extract(link)) {
    sender.mapped()->Close();
    closing_senders_.insert(std::move(sender));
    return;
  }
  Inbound inbound;
  {
    MutexLock lock(mu_);
    if (auto node = inbound_.extract(link)) inbound = std::move(node.mapped());
  }
  if (inbound.link) inbound.link->Close();
  if (inbound.feeder) {
    inbound.feeder->Close();
    ending_feeders_.push_back(std::move(inbound.feeder));
  }
}

void LinkTable::OnClosed(LinkId link) {
  Close(link);
  if (auto sender = closing_senders_.extract(link)) {
    ending_senders_.push_back(std::move(sender.mapped()));
  }
}

void LinkTable::Reap() {
  std::erase_if(ending_senders_, [](const auto& s) { return s->done(); });
  std::erase_if(ending_feeders_, [](const auto& f) { return f->done(); });
}

void LinkTable::CloseAll() {
  outbound_.clear();
  closing_senders_.clear();
  ending_senders_.clear();
  ending_feeders_.clear();
  std::map<LinkId, Inbound> inbound;
  {
    MutexLock lock(mu_);
    closed_ = true;
    inbound.swap(inbound_);
  }
  for (auto& [id, link] : inbound) link.link->Close();
}

}  // namespace vigil::replication
