// GrpcEcho: a bidirectional stream of gRPC over TCP on the loopback device to a process
// that sends back what it gets: the floor under an acknowledgement.
//
// With gRPC's synchronous interface on both sides, as the nodes' own streams.
// Thread-safety: none.
// Lifetime: the other process never outlives this object, nor this process.
#ifndef VIGIL_TESTS_BENCHMARKS_PEERS_GRPC_ECHO_H_
#define VIGIL_TESTS_BENCHMARKS_PEERS_GRPC_ECHO_H_

#include <cstddef>
#include <memory>

namespace vigil::bench {

class GrpcEcho {
 public:
  // REQUIRES: gRPC was not used in this process, which has one thread.
  GrpcEcho();
  ~GrpcEcho();

  // Sends so many bytes, and waits until they are back.
  void RoundTrip(size_t bytes);

 private:
  struct Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_PEERS_GRPC_ECHO_H_
