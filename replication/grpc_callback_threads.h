// gRPC's threads for callbacks, kept.
//
// gRPC 1.51 starts the threads that run callbacks with the first channel or server that
// uses them, and ends them with the last one: whoever lets go of it joins them. A channel
// is held by each of its calls, so the last one to let go may be one of these very threads,
// after a callback. It then joins itself, which fails unnoticed, frees the queue that it
// serves, and goes on serving it.
#ifndef VIGIL_REPLICATION_GRPC_CALLBACK_THREADS_H_
#define VIGIL_REPLICATION_GRPC_CALLBACK_THREADS_H_

namespace vigil::replication {

// From the first call on these threads (two, idle when nothing is called) stay until the
// process ends. To be called before a channel is made. Any thread.
void KeepGrpcCallbackThreads();

}  // namespace vigil::replication

#endif  // VIGIL_REPLICATION_GRPC_CALLBACK_THREADS_H_
