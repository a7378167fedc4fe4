// Uses std::string and includes nothing: the test of headers must find it.
#ifndef VIGIL_TESTS_TIDY_TESTDATA_NOT_ALONE_H_
#define VIGIL_TESTS_TIDY_TESTDATA_NOT_ALONE_H_

inline std::string NotAlone() { return "not alone"; }

#endif  // VIGIL_TESTS_TIDY_TESTDATA_NOT_ALONE_H_
