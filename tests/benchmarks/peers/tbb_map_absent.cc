// In place of tbb_map.cc where TBB was not there at build time.
#include "tests/benchmarks/peers/tbb_map.h"

namespace vigil::bench {

struct TbbMap::Impl {};

TbbMap::TbbMap(std::unique_ptr<Impl>) {}
TbbMap::~TbbMap() = default;

std::unique_ptr<TbbMap> TbbMap::Create() { return nullptr; }
std::optional<std::string> TbbMap::Get(std::string_view) const { return {}; }
void TbbMap::Set(std::string_view, std::string_view) {}

}  // namespace vigil::bench
