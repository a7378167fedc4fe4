// The one place that makes gRPC's channels and server credentials: insecure, or TLS with
// the present material of a Credentials.
//
// Who checks what. Whoever dials checks the other's certificate in the TLS handshake, so
// nothing is sent to a stranger. Whoever is dialled lets the handshake end and checks the
// certificate when the other asks to be let in (grpc_admission.h), before anything else
// is answered: a server that breaks off the handshake can tell the other side of TLS 1.3
// nothing (it sees a closed connection, as of a process that died), and this side's gRPC
// tells only standard error. That the other holds the certificate's key is part of the
// handshake in any case.
#ifndef VIGIL_REPLICATION_GRPC_CREDENTIALS_H_
#define VIGIL_REPLICATION_GRPC_CREDENTIALS_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "replication/credentials.h"

namespace vigil::replication {

// A channel to a member, with a connection of its own. Messages of both directions are
// bounded. It keeps these credentials: for newer ones another channel is made.
std::shared_ptr<grpc::Channel> MakeChannel(const std::string& address,
                                           const Security& security,
                                           size_t message_bytes_max,
                                           grpc::ChannelArguments arguments);

// Connections that are accepted from now on use the then present material. `credentials`
// outlives the server; the result does, too.
std::shared_ptr<grpc::ServerCredentials> MakeServerCredentials(
    const Credentials& credentials);

// Why a call failed, in words that say which side refused. kUnauthenticated: one did.
// What the other side answered otherwise keeps its code.
absl::Status FailureInWords(const grpc::Status& status,
                            const std::string& address, bool tls);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_GRPC_CREDENTIALS_H_
