// What the replication core is told (events) and what it wants done (actions).
// Plain values: a core's whole life can be written down and replayed.
//
// Actions are executed in order. Persist and CommitStaging are barriers: what
// follows happens only when they are on disk. If that fails, the core already
// believes in a state that is not there, so it is told StorageFailed, always.
#ifndef VIGIL_REPLICATION_ACTION_H_
#define VIGIL_REPLICATION_ACTION_H_

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "engine/base/clock.h"
#include "replication/change_request.h"
#include "replication/member_messages.h"
#include "replication/member_state.h"
#include "replication/message.h"

namespace vigil::replication {

// A stream to or from another member. The shell numbers inbound ones, the core
// outbound ones; see kOutboundLink.
using LinkId = uint64_t;
// Set in the numbers that the core gives, so that the two never meet.
inline constexpr LinkId kOutboundLink = LinkId{1} << 63;

// Whom an answer is for.
using Token = uint64_t;

// --- Events

// The engine's watermarks. Told before every other event, if they moved.
struct LogProgressed {
  uint64_t last = 0;
  uint64_t held = 0;  // handed to the operating system
  uint64_t durable = 0;
  uint64_t bytes = 0;  // of what writers appended, up to `last` or less
};
// The outcome of a CloseGate action: no writer's record follows `last`.
struct GateClosed {
  uint64_t last = 0;
};
struct StorageFailed {};
struct Ticked {};

struct FenceAsked {
  Token token;
  FenceRequest request;
};
struct PromoteAsked {
  Token token;
  PromoteRequest request;
};
struct ReplicaOfAsked {
  Token token;
  ReplicaOfRequest request;
};

// This node wants to read what is not older than any acknowledged write; answered when
// its log is there. Until the deadline it is asked of each master there is.
struct ReadAsked {
  Token token;
  MonoTime deadline;
};
// It has read in `epoch`, and saw records up to `index` at most; answered when they are
// committed in that epoch.
struct CommitAsked {
  Token token;
  Epoch epoch;
  uint64_t index = 0;
  MonoTime deadline;
};
// It wants to read what has at least this record; answered when the log has it.
struct RecordAsked {
  Token token;
  uint64_t epoch = 0;  // number of the epoch that wrote it
  uint64_t index = 0;
  MonoTime deadline;
};
// Somebody asks for another configuration; answered when it is committed, or at the
// deadline.
struct ChangeAsked {
  Token token;
  ChangeRequest request;
  MonoTime deadline;
};
// Nobody waits for the answer any more.
struct ReadGivenUp {
  Token token;
};

struct MessageReceived {
  LinkId link = 0;
  Message message;
  // With a Hello only: an index from which on the log holds every record; meant to
  // be the one after the common position. UINT64_MAX: none is known.
  uint64_t log_holds_from = UINT64_MAX;
  // With Records only: the configurations among them.
  std::vector<ConfigurationLog::Entry> configurations = {};
};
// The outcome of an AppendConfiguration action.
struct ConfigurationAppended {
  uint64_t index = 0;
};
struct LinkClosed {
  LinkId link = 0;
  std::string why;
};
// The outcome of a BeginRewind action: the keys that the tail touched, in pieces.
struct TailRead {
  LinkId link = 0;
  std::vector<std::string> keys;
};
// An Apply, KeepDropped, Begin... or Stage... action of this link did not succeed,
// nothing of it was applied, and nothing of its step that came after it was done.
struct ApplyFailed {
  LinkId link = 0;
  std::string why;
};

using Event =
    std::variant<LogProgressed, GateClosed, StorageFailed, Ticked, FenceAsked,
                 PromoteAsked, ReplicaOfAsked, ReadAsked, CommitAsked,
                 RecordAsked, ReadGivenUp, ChangeAsked, ConfigurationAppended,
                 MessageReceived, LinkClosed, TailRead, ApplyFailed>;

// --- Actions

struct Persist {
  MemberState state;
};
struct CloseGate {};  // answered by GateClosed before any other event
struct OpenGate {     // with these records first
  std::string epoch_record;
  std::string configuration_record;  // empty: none
};

// Between the records of writers, while the gate is open. Answered by
// ConfigurationAppended before any other event.
struct AppendConfiguration {
  std::string record;
};

struct Dial {
  LinkId link = 0;
  std::string address;
  Hello hello;
};
struct CloseLink {
  LinkId link = 0;
  std::string why;
};
// Answers a Hello and, after a Welcome, feeds the link until it is closed. For
// a full sync the feeder sets `from` to the index where its walk began.
struct Feed {
  LinkId link = 0;
  std::variant<Welcome, Refused> answer;
};
// Keys that the replica on this link asks for; its feeder answers.
struct FeedKeys {
  LinkId link = 0;
  RewindKeys keys;
};
struct SendAck {
  LinkId link = 0;
  Ack ack;
};
// The feeders send this number, at once if it is not 0. Of this epoch alone.
struct AskRound {
  uint64_t round = 0;
};
// The replica's reads up to the number `read` must see the log up to `index`.
struct TellRead {
  LinkId link = 0;
  uint64_t read = 0;
  uint64_t index = 0;
};
// The log up to here is to be made durable soon; LogProgressed tells when it is.
struct RequestSync {
  uint64_t index = 0;
};
struct SendKeys {
  LinkId link = 0;
  RewindKeys keys;
};

struct Apply {
  LinkId link = 0;
  std::string records;
};
// Writes down the records above `after`, which the group does not have, so that they
// can be handed back. They count as dropped from the next CommitStaging on; without
// one, not at all. `history` names their epochs.
struct KeepDropped {
  LinkId link = 0;
  uint64_t after = 0;
  History history;
};
// Answered by TailRead.
struct BeginRewind {
  LinkId link = 0;
  uint64_t common = 0;
};
struct BeginStaging {
  LinkId link = 0;
  uint64_t begin_index = 0;
  uint64_t keys_estimate = 0;  // entries to come; 0: unknown
};
struct StageEntries {
  LinkId link = 0;
  std::string records;
};
struct StageLog {
  LinkId link = 0;
  std::string records;
};
// Persists the state, and what is dropped, in the same write: a barrier, too.
struct CommitStaging {
  LinkId link = 0;
  MemberState state;
};
struct DropStaging {};
// A record of the present epoch is committed: what was dropped for it never comes
// back, and can be told. What `history` has under its own epoch did come back, by way
// of another member, and is not told.
struct SettleDropped {
  History history;
};

// Answers carry the member's view at the moment when they are executed.
struct AnswerFence {
  Token token;
  bool promised = false;
};
struct AnswerPromote {
  Token token;
  bool promoted = false;
  std::string refusal;
};
struct AnswerReplicaOf {
  Token token;
  bool accepted = false;
};

enum class ReadOutcome {
  kConfirmed,
  kLate,      // not by the deadline, to within a tick
  kNoMaster,  // likewise, and there was none to ask
  kIsolated,  // this node is master, and too few members are in reach
  kChanged,  // of a CommitAsked: the epoch, or the stream, has ended; read again
  kLost,     // of a RecordAsked: the group does not have it
  kBusy,     // too many questions wait: it was not asked
};
struct AnswerRead {
  Token token;
  ReadOutcome outcome = ReadOutcome::kConfirmed;
  Epoch epoch;     // of a ReadAsked: in which it was confirmed
  MonoTime asked;  // likewise: when it was asked
};

// Not OK: kDeadlineExceeded leaves the outcome unknown; else nothing was changed.
struct AnswerChange {
  Token token;
  absl::Status status;
};

// Something worth a line in the log.
struct Report {
  bool warning = false;
  bool about_role = false;  // says why the role or the master changed
  std::string line;
};

using Action =
    std::variant<Persist, CloseGate, OpenGate, Dial, CloseLink, Feed, FeedKeys,
                 SendAck, AskRound, TellRead, RequestSync, SendKeys, Apply,
                 KeepDropped, BeginRewind, BeginStaging, StageEntries, StageLog,
                 CommitStaging, DropStaging, SettleDropped, AnswerFence,
                 AnswerPromote, AnswerReplicaOf, AnswerRead, AnswerChange,
                 AppendConfiguration, Report>;
using Actions = std::vector<Action>;

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_ACTION_H_
