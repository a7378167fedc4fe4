// Report: how a measurement, in its process, hands numbers to the runner.
//
// Thread-safety: none.
#ifndef VIGIL_TESTS_BENCHMARKS_REPORT_H_
#define VIGIL_TESTS_BENCHMARKS_REPORT_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "tests/benchmarks/row.h"

namespace vigil::bench {

class Report {
 public:
  explicit Report(std::function<bool(const std::string&)> wanted)
      : wanted_(std::move(wanted)) {}

  // Whether anybody asked for this row: what takes long is measured only then.
  bool Wanted(const std::string& row) const { return wanted_(row); }

  void Add(const std::string& row, Numbers numbers) {
    numbers_.insert_or_assign(row, std::move(numbers));
  }
  void LeaveOut(const std::string& row, std::string reason) {
    left_out_.insert_or_assign(row, std::move(reason));
  }

  const std::map<std::string, Numbers>& numbers() const { return numbers_; }
  const std::map<std::string, std::string>& left_out() const {
    return left_out_;
  }

  // As text, and back: it crosses a pipe.
  std::string Encode() const;
  void Decode(std::string_view text);

 private:
  std::function<bool(const std::string&)> wanted_;
  std::map<std::string, Numbers> numbers_;
  std::map<std::string, std::string> left_out_;
};

}  // namespace vigil::bench

#endif  // VIGIL_TESTS_BENCHMARKS_REPORT_H_
