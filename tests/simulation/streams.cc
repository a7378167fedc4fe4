#include "tests/simulation/streams.h"

namespace vigil::simulation {
namespace {

// Under way in one direction: what sockets would hold.
constexpr size_t kUnderWay = 4;
// How often a sender tries again what does not arrive.
constexpr absl::Duration kRetry = absl::Milliseconds(20);

}  // namespace

void Streams::Dial(StreamEnd& from, LinkId link, int to,
                   replication::Hello hello) {
  Stream& stream = streams_[++opened_];
  stream.id = opened_;
  stream.sides[0] = {.end = &from, .machine = from.machine(), .link = link};
  stream.sides[1] = {.machine = to};
  index_[{&from, link}] = {opened_, 0};
  stream.sides[1].arriving.push_back(std::move(hello));
  Pump(stream, 1, network_.Delay());
}

std::pair<Streams::Stream*, int> Streams::Find(StreamEnd& end,
                                               LinkId link) const {
  const auto at = index_.find({&end, link});
  if (at == index_.end()) return {nullptr, 0};
  const auto stream = streams_.find(at->second.first);
  return {const_cast<Stream*>(&stream->second), at->second.second};
}

void Streams::Send(StreamEnd& from, LinkId link, Message message) {
  const auto [stream, side] = Find(from, link);
  if (stream == nullptr) return;
  const int to = 1 - side;
  if (stream->sides[side].peer_gone) return;
  stream->sides[to].arriving.push_back(std::move(message));
  Pump(*stream, to, network_.Delay());
}

bool Streams::HasRoom(StreamEnd& from, LinkId link) const {
  const auto [stream, side] = Find(from, link);
  return stream != nullptr &&
         stream->sides[1 - side].arriving.size() < kUnderWay;
}

void Streams::Close(StreamEnd& from, LinkId link, const std::string& why) {
  const auto [stream, side] = Find(from, link);
  if (stream == nullptr) return;
  // What was under way when it closed may arrive, or not.
  if (random_.Uniform(2) == 0) stream->sides[1 - side].arriving.clear();
  Leave(*stream, side, why);
}

void Streams::Died(StreamEnd& end) {
  const auto listener = listening_.find(end.machine());
  if (listener != listening_.end() && listener->second == &end)
    listening_.erase(listener);
  for (auto& [id, stream] : streams_) {
    for (int side = 0; side < 2; ++side) {
      if (stream.sides[side].end == &end)
        Leave(stream, side, "connection reset");
    }
  }
}

bool Streams::BreakOne() {
  if (streams_.empty()) return false;
  auto it = streams_.begin();
  std::advance(it, random_.Uniform(streams_.size()));
  for (Side& side : it->second.sides) {
    side.arriving.clear();
    side.peer_gone = true;
    side.why = "connection reset by the network";
  }
  Pump(it->second, 0, network_.Delay());
  Pump(it->second, 1, network_.Delay());
  return true;
}

// `side` is gone; the other one is told when it has read what is under way.
void Streams::Leave(Stream& stream, int side, const std::string& why) {
  Side& gone = stream.sides[side];
  index_.erase({gone.end, gone.link});
  gone.end = nullptr;
  gone.arriving.clear();
  Side& peer = stream.sides[1 - side];
  peer.peer_gone = true;
  peer.why = why;
  Pump(stream, 1 - side, network_.Delay());
}

void Streams::Pump(Stream& stream, int to, absl::Duration after) {
  if (stream.sides[to].pumping) return;
  stream.sides[to].pumping = true;
  scheduler_.After(after, [this, id = stream.id, to] { Arrive(id, to); });
}

void Streams::Arrive(uint64_t id, int to) {
  const auto it = streams_.find(id);
  if (it == streams_.end()) return;
  Stream& stream = it->second;
  Side& side = stream.sides[to];
  Side& from = stream.sides[1 - to];
  side.pumping = false;
  if (!network_.Reaches(from.machine, side.machine))
    return Pump(stream, to, kRetry);
  if (to == 1 && side.end == nullptr && side.link == 0) {
    const auto listener = listening_.find(side.machine);
    if (listener == listening_.end() || from.end == nullptr) {
      if (from.end != nullptr) Leave(stream, 1, "connection refused");
      side.link = UINT64_MAX;
    } else if (!listener->second->reads()) {
      return Pump(stream, to, kRetry);
    } else {
      side.end = listener->second;
      side.link = side.end->OnAccepted();
      index_[{side.end, side.link}] = {id, 1};
    }
  }
  if (side.end == nullptr) {
    if (from.end == nullptr) streams_.erase(it);
    return;
  }
  if (!side.end->reads()) return Pump(stream, to, kRetry);
  StreamEnd& end = *side.end;
  const LinkId link = side.link;
  if (!side.arriving.empty()) {
    Message message = std::move(side.arriving.front());
    side.arriving.pop_front();
    if (!side.arriving.empty() || side.peer_gone)
      Pump(stream, to, absl::Microseconds(20) + network_.Delay() / 8);
    StreamEnd* const sender = from.end;
    const LinkId sender_link = from.link;
    end.OnMessage(link, std::move(message));
    if (sender != nullptr) sender->OnRoom(sender_link);
    return;
  }
  if (!side.peer_gone) return;
  const std::string why = side.why;
  index_.erase({&end, link});
  side.end = nullptr;
  if (from.end == nullptr) streams_.erase(it);
  end.OnClosed(link, why);
}

}  // namespace vigil::simulation
