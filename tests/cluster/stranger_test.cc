// A stranger calls everything that a node offers, of every service in proto/, with empty
// and with well-formed messages: it learns and changes nothing. The methods are found by
// their descriptors, so that none is forgotten.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "examples/three_node_demo/free_port.h"
#include "replication/grpc_credentials.h"
#include "tests/cluster/live_group.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test_authority.h"
#include "vigil/admission.pb.h"
#include "vigil/sentinel.pb.h"

namespace vigil::test {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

// The only two that a stranger may call.
const std::set<std::string> kOpen = {"vigil.v1.Admission.Challenge",
                                     "vigil.v1.Admission.Prove"};

std::vector<const MethodDescriptor*> AllMethods() {
  std::vector<const MethodDescriptor*> methods;
  const std::filesystem::path folder =
      std::string(VIGIL_SOURCE_DIR) + "/proto/vigil";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto* file = DescriptorPool::generated_pool()->FindFileByName(
        "vigil/" + entry.path().filename().string());
    EXPECT_NE(file, nullptr) << entry.path();
    for (int s = 0; file != nullptr && s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m)
        methods.push_back(file->service(s)->method(m));
    }
  }
  return methods;
}

// Words that fit where a member's would: the group's, a member's name, large numbers.
void Fill(const FieldDescriptor* field, Message* message) {
  const auto* r = message->GetReflection();
  const bool many = field->is_repeated();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE: {
      Message* inner = many ? r->AddMessage(message, field)
                            : r->MutableMessage(message, field);
      for (int i = 0; i < inner->GetDescriptor()->field_count(); ++i) {
        const auto* next = inner->GetDescriptor()->field(i);
        if (next->containing_oneof() == nullptr) Fill(next, inner);
      }
      return;
    }
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string value = field->name() == "group" ? "test" : "b";
      many ? r->AddString(message, field, value)
           : r->SetString(message, field, value);
      return;
    }
    case FieldDescriptor::CPPTYPE_UINT64:
      many ? r->AddUInt64(message, field, 1000)
           : r->SetUInt64(message, field, 1000);
      return;
    case FieldDescriptor::CPPTYPE_UINT32:
      if (!many) r->SetUInt32(message, field, 1);
      return;
    case FieldDescriptor::CPPTYPE_BOOL:
      if (!many) r->SetBool(message, field, true);
      return;
    default:
      return;
  }
}

// An empty message, and one with everything for each alternative that it has.
std::vector<std::string> RequestsOf(const Descriptor* type) {
  std::vector<std::string> requests = {""};
  google::protobuf::DynamicMessageFactory factory;
  std::vector<const FieldDescriptor*> alternatives = {nullptr};
  for (int i = 0; i < type->field_count(); ++i) {
    if (type->field(i)->containing_oneof() != nullptr)
      alternatives.push_back(type->field(i));
  }
  for (const FieldDescriptor* alternative : alternatives) {
    const std::unique_ptr<Message> message(factory.GetPrototype(type)->New());
    for (int i = 0; i < type->field_count(); ++i) {
      const auto* field = type->field(i);
      if (field->containing_oneof() == nullptr || field == alternative)
        Fill(field, message.get());
    }
    requests.push_back(message->SerializeAsString());
  }
  return requests;
}

grpc::ByteBuffer BufferOf(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

struct Told {
  int messages = 0;
  grpc::Status status;
};

Told Call(const std::shared_ptr<grpc::Channel>& channel,
          const std::string& method, const std::string& request,
          const std::string& pass) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(5)));
  if (!pass.empty()) context.AddMetadata("vigil-pass-bin", pass);
  grpc::CompletionQueue queue;
  const auto next = [&] {
    void* tag = nullptr;
    bool ok = false;
    return queue.Next(&tag, &ok) && ok;
  };
  void* const tag = &queue;
  const auto call = stub.PrepareCall(&context, method, &queue);
  Told told;
  call->StartCall(tag);
  if (next()) {
    call->WriteLast(BufferOf(request), grpc::WriteOptions(), tag);
    next();
    for (grpc::ByteBuffer in;;) {
      call->Read(&in, tag);
      if (!next()) break;
      ++told.messages;
    }
  }
  call->Finish(&told.status, tag);
  next();
  return told;
}

// Node a of a group of three, alone: it waits for the others, so that whatever a word of
// theirs would change is seen.
class Stranger : public testing::Test {
 protected:
  void Open(const SecurityOptions& security) {
    const auto ports = demo::FreePorts(3);
    ASSERT_TRUE(ports.ok()) << ports.status();
    Options options = OptionsOf(*ports, 0, folder_.path());
    options.security = security;
    address_ = options.members[0].address;
    node_ = std::make_unique<LiveNode>(options);
    ASSERT_TRUE(node_->status().ok()) << node_->status();
  }

  std::string Path(const MethodDescriptor* method) const {
    return absl::StrCat("/", method->service()->full_name(), "/",
                        method->name());
  }

  // Everything, with no pass and a wrong one. The stranger encrypts if the node does.
  void CallEverything(const replication::Security& security) {
    const auto channel =
        replication::MakeChannel(address_, security, 1 << 20, {});
    int called = 0;
    for (const MethodDescriptor* method : AllMethods()) {
      for (const std::string& request : RequestsOf(method->input_type())) {
        for (const char* pass : {"", "a pass of its own"}) {
          ++called;
          Judge(method, Call(channel, Path(method), request, pass));
        }
      }
    }
    EXPECT_GE(called, 30);
  }

  static void Judge(const MethodDescriptor* method, const Told& told) {
    const std::string why =
        absl::StrCat(method->full_name(), ": ", told.status.error_message());
    if (kOpen.contains(method->full_name())) {
      // Short nonces and no proof: not even these answer.
      EXPECT_FALSE(told.status.ok()) << why;
    } else {
      EXPECT_EQ(told.status.error_code(), grpc::StatusCode::UNAUTHENTICATED)
          << why;
    }
    EXPECT_EQ(told.messages, 0) << why;
    for (const char* word : {"test", "127.0.0.1", "'a'", "'b'", "epoch"})
      EXPECT_THAT(told.status.error_message(), Not(testing::HasSubstr(word)));
  }

  // What nobody may change.
  std::string State() {
    const NodeStatus s = (*node_)->status();
    return absl::StrCat(s.role.epoch, " ", s.role.master, " ", s.lineage, " ",
                        s.last_index, " ", s.keys);
  }

  const TempDir folder_;
  std::string address_;
  std::unique_ptr<LiveNode> node_;
};

TEST_F(Stranger, LearnsAndChangesNothingWithoutTheSecret) {
  Open({.secrets = {"what only members know"}});
  const std::string before = State();
  CallEverything({});
  EXPECT_EQ(State(), before);
}

TEST_F(Stranger, LearnsAndChangesNothingWithoutACertificate) {
  const TestAuthority authority;
  const auto issued = authority.Issue("a");
  Open({.tls = TlsOptions{.certificate_pem = issued.certificate,
                          .key_pem = issued.key,
                          .authority_pem = authority.certificate()}});
  const std::string before = State();
  CallEverything({.tls = true,
                  .material = {.authority = authority.certificate()},
                  .client_certificates = false});
  EXPECT_EQ(State(), before);
}

TEST_F(Stranger, LearnsAndChangesNothingWithACertificateOfAnotherAuthority) {
  const TestAuthority authority;
  const TestAuthority other("their authority");
  const auto issued = authority.Issue("a");
  const auto theirs = other.Issue("b");
  Open({.tls = TlsOptions{.certificate_pem = issued.certificate,
                          .key_pem = issued.key,
                          .authority_pem = authority.certificate()}});
  const std::string before = State();
  CallEverything(
      {.tls = true,
       .material = {theirs.certificate, theirs.key, authority.certificate()}});
  EXPECT_EQ(State(), before);
}

// The same calls where nobody is asked for anything: else the tests above would prove
// nothing.
TEST_F(Stranger, LearnsAndChangesWhereNobodyIsAsked) {
  Open({});
  const std::string before = State();
  v1::Question question;
  question.set_group("test");
  question.set_from("b");
  question.set_id(7);
  auto* epoch = question.mutable_fence()->mutable_epoch();
  epoch->set_number(1000);
  epoch->set_leader(7);
  const Told told =
      Call(replication::MakeChannel(address_, {}, 1 << 20, {}),
           "/vigil.v1.Sentinel/Ask", question.SerializeAsString(), "");
  EXPECT_TRUE(told.status.ok()) << told.status.error_message();
  EXPECT_EQ(told.messages, 1);
  EXPECT_TRUE(Eventually([&] { return State() != before; }));
}

}  // namespace
}  // namespace vigil::test
