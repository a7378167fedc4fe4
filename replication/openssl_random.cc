#include "replication/openssl_random.h"

#include <openssl/rand.h>

#include <cstdlib>

namespace vigil::replication {

std::string RandomBytes(size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()),
                 static_cast<int>(count)) != 1) {
    std::abort();  // predictable nonces would let replays in
  }
  return out;
}

}  // namespace vigil::replication
