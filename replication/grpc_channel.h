// The connections that carry streams between members: the log, forwarded writes.
#ifndef VIGIL_REPLICATION_GRPC_CHANNEL_H_
#define VIGIL_REPLICATION_GRPC_CHANNEL_H_

#include <grpcpp/grpcpp.h>

#include <cstddef>
#include <memory>
#include <string>

namespace vigil::replication {

// A connection of its own: bulk data must not delay a sentinel's ping, and a new dial must
// not inherit an old one's back-off. `message_bytes_max` bounds a message in either
// direction.
std::shared_ptr<grpc::Channel> MakeStreamChannel(const std::string& address,
                                                 size_t message_bytes_max);

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_GRPC_CHANNEL_H_
