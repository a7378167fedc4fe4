// Settings: what the command line chose for all measurements.
#ifndef VIGIL_TESTS_BENCHMARKS_SETTINGS_H_
#define VIGIL_TESTS_BENCHMARKS_SETTINGS_H_

#include <string>

namespace vigil::bench {

struct Settings {
  // Fewer keys, rounds and seconds: shows that everything runs. Its numbers are
  // not those of the table.
  bool quick = false;

  // Only rows whose name contains this.
  std::string row;

  // Where directories of data are made. On a real disk: in a tmpfs a sync costs
  // nothing.
  std::string dir = "/var/tmp";

  template <typename T>
  T Choose(T full, T short_form) const {
    return quick ? short_form : full;
  }
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_SETTINGS_H_
