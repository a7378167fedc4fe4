#include "vigil/forward_server.h"

#include <utility>

#include "absl/status/status.h"
#include "engine/no_room.h"
#include "vigil/outcome.h"
#include "vigil/write_errors.h"

namespace vigil {
namespace {

using Kind = ForwardReply::Kind;

// How a copy that was not decided is answered. A node that ends, or whose disk has failed,
// is soon not the master any more: the next one is asked.
Kind KindOf(const absl::Status& refused) {
  if (absl::IsFailedPrecondition(refused) || absl::IsCancelled(refused) ||
      absl::IsInternal(refused)) {
    return Kind::kNotMaster;
  }
  return engine::IsNoRoom(refused) ? Kind::kNoRoom : Kind::kRefused;
}

bool IsWait(const ForwardRequest& request) {
  return request.command->kind == Command::Kind::kWait;
}

}  // namespace

ForwardServer::ForwardServer(engine::Engine& engine,
                             replication::Replicator& replicator,
                             Writer& writer, const Clock& clock, size_t places)
    : engine_(engine),
      replicator_(replicator),
      writer_(writer),
      clock_(clock),
      acks_([&writer] { return writer.progress(); }, engine.durable(),
            executor_, clock, places, "vigil-served-acks") {}

void ForwardServer::Stop() {
  acks_.Stop();
  executor_.Stop();
}

void ForwardServer::Serve(const ForwardRequest& request, Answer answer) {
  ++received_;
  if (absl::Status place = acks_.TakePlace(); !place.ok()) {
    const bool stopped = absl::IsCancelled(place);
    return answer({.kind = stopped ? Kind::kNotMaster : Kind::kNoRoom,
                   .status = std::move(place)});
  }
  const auto copy = std::make_shared<Copy>();
  copy->answer = std::move(answer);
  const WrittenOr<Receipt> written = Do(request, *copy);
  if (!written.ok()) {
    acks_.Answer(
        [copy](const absl::StatusOr<Receipt>&) {
          copy->answer(std::move(copy->reply));
        },
        Receipt{});
    return;
  }
  acks_.Await(written->ack, written->deadline,
              [this, copy](const absl::StatusOr<Receipt>& receipt) {
                Tell(*copy, receipt);
              });
}

// Not OK: the reply is complete.
WrittenOr<Receipt> ForwardServer::Do(const ForwardRequest& request,
                                     Copy& copy) {
  ForwardReply& reply = copy.reply;
  // Before the epoch: if that is the request's, so was this gate.
  const uint64_t gate = engine_.gate();
  if (const Epoch epoch = replicator_.master_epoch();
      !epoch || epoch != request.epoch) {
    return absl::FailedPreconditionError("not the master of that epoch");
  }
  if (IsWait(request)) {
    reply.outcome = EncodeOutcome({});
    auto written =
        Run(*request.command, request.time_left, writer_, Room::kRefuse);
    reply.status = written.status();
    reply.kind = request.command->receipt.epoch != request.epoch.number
                     ? Kind::kDone
                     : KindOf(reply.status);
    return written;
  }
  {
    MutexLock lock(mu_);
    if (!sessions_.Admit(request.session, clock_.Mono())) {
      reply.kind = Kind::kRefused;
      return reply.status = absl::ResourceExhaustedError(
                 "too many nodes have forwarded writes in the last hour; "
                 "nothing was applied");
    }
  }
  engine::Note note = NoteOf(request, gate, copy);
  WrittenOr<Receipt> written =
      Run(*request.command, request.time_left, writer_, {Room::kRefuse, &note});
  if (copy.found) return DoAgain(request, copy);
  if (note.index != 0 && !written.ok())
    return Rejoin(request, note.index, written.status(), copy);
  if (!written.ok()) {
    reply.status = written.status();
    reply.kind = KindOf(reply.status);
  }
  return written;
}

// What was decided is in the record `index`. Also an error is told only when the Ack of
// that is reached: else a failover could choose a node that has applied another copy.
WrittenOr<Receipt> ForwardServer::Rejoin(const ForwardRequest& request,
                                         uint64_t index, absl::Status verdict,
                                         Copy& copy) {
  copy.verdict = std::move(verdict);
  WrittenOr<Receipt> written =
      writer_.Rejoin(index, request.command->ack, request.time_left);
  if (written.ok()) {
    written->ack.applied =
        copy.verdict.ok() || absl::IsDeadlineExceeded(copy.verdict);
  } else {
    copy.reply.status = written.status();
    copy.reply.kind = KindOf(written.status());
  }
  return written;
}

engine::Note ForwardServer::NoteOf(const ForwardRequest& request, uint64_t gate,
                                   Copy& copy) {
  const int64_t ttl_ms = absl::ToInt64Milliseconds(kSessionTtl);
  const uint64_t sequence = request.sequence;
  return {
      .key = SessionKey(request.session, request.slot),
      .expires_at = {clock_.Wall().ms + ttl_ms},
      .gate = gate,
      // With a quorum what changes nothing waits for it, too.
      .always = request.in_doubt || IsQuorum(request.command->ack),
      .check = [&copy,
                sequence](const engine::KeyState& present) -> absl::Status {
        if (!present.exists) return absl::OkStatus();
        auto entry = DecodeSessionEntry(present.value);
        if (!entry.ok()) return entry.status();
        if (entry->sequence < sequence) return absl::OkStatus();
        copy.found = *std::move(entry);
        copy.found_at = present.version;
        return absl::AlreadyExistsError("it has been decided");
      },
      .value =
          [&copy, sequence](const absl::Status& verdict,
                            absl::Span<const engine::MutationResult> results) {
            copy.reply.outcome = EncodeOutcome(ToOutcome(results));
            return EncodeSessionEntry({.sequence = sequence,
                                       .verdict = verdict,
                                       .outcome = copy.reply.outcome});
          },
      .index = 0};
}

// It was decided before: that counts, and now waits for its Ack.
WrittenOr<Receipt> ForwardServer::DoAgain(const ForwardRequest& request,
                                          Copy& copy) {
  const SessionEntry& entry = *copy.found;
  ForwardReply& reply = copy.reply;
  if (entry.sequence != request.sequence) {
    reply.kind = Kind::kDone;
    return reply.status = absl::DeadlineExceededError(
               "its sender has given this write up: its outcome is unknown");
  }
  ++once_more_;
  reply.once_more = true;
  reply.outcome = entry.outcome;
  if (entry.verdict.ok() && !entry.kept) {
    return Rejoin(request, copy.found_at,
                  absl::DeadlineExceededError(
                      "the write was applied, once; its answer was lost, and "
                      "was too large to be kept"),
                  copy);
  }
  return Rejoin(request, copy.found_at, entry.verdict, copy);
}

void ForwardServer::Tell(Copy& copy, const absl::StatusOr<Receipt>& receipt) {
  ForwardReply& reply = copy.reply;
  if (receipt.ok()) {
    reply.kind = Kind::kDone;
    reply.status = copy.verdict;
    // Of an error: only if it says that the write was applied.
    const bool applied =
        copy.verdict.ok() || absl::IsDeadlineExceeded(copy.verdict);
    if (applied) reply.receipt = *receipt;
    if (applied && reply.once_more) {
      reply.receipt.epoch =
          replicator_.log_facts().history.EpochAt(receipt->index).number;
    }
  } else {
    reply.kind = Kind::kUnknown;
    reply.status = receipt.status();
    reply.receipt = ReceiptOf(receipt.status()).value_or(Receipt{});
  }
  copy.answer(std::move(reply));
}

}  // namespace vigil
