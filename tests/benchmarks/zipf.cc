#include "tests/benchmarks/zipf.h"

#include <algorithm>
#include <cmath>

namespace vigil::bench {
namespace {

// log1p(x) / x and expm1(x) / x, which have a hole at 0 that is none: there the
// exponent is 1.
double LogOver(double x) {
  return std::abs(x) > 1e-8 ? std::log1p(x) / x : 1 - x / 2;
}
double ExpOver(double x) {
  return std::abs(x) > 1e-8 ? std::expm1(x) / x : 1 + x / 2;
}

}  // namespace

// The paper's H, of x^-exponent.
double Zipf::Integral(double x) const {
  const double log_x = std::log(x);
  return ExpOver((1 - exponent_) * log_x) * log_x;
}

double Zipf::IntegralInverse(double y) const {
  const double t = std::max(-1.0, y * (1 - exponent_));
  return std::exp(LogOver(t) * y);
}

Zipf::Zipf(uint64_t ranks, double exponent, uint64_t seed)
    : ranks_(static_cast<double>(ranks)), exponent_(exponent), random_(seed) {
  top_ = Integral(ranks_ + 0.5);
  bottom_ = Integral(1.5) - 1;
  shortcut_ = 2 - IntegralInverse(Integral(2.5) - std::pow(2.0, -exponent_));
}

uint64_t Zipf::Next() {
  std::uniform_real_distribution<double> unit(0, 1);
  for (;;) {
    const double u = top_ + unit(random_) * (bottom_ - top_);
    const double x = IntegralInverse(u);
    const double k = std::clamp(std::floor(x + 0.5), 1.0, ranks_);
    if (k - x <= shortcut_ ||
        u >= Integral(k + 0.5) - std::pow(k, -exponent_)) {
      return static_cast<uint64_t>(k) - 1;
    }
  }
}

}  // namespace vigil::bench
