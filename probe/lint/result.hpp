// What reading a deployment's configuration comes to.
#pragma once

#include <string>
#include <vector>

#include "lint/finding.hpp"
#include "lint/source.hpp"
#include "lint/trace.hpp"

namespace wsprobe::lint {

struct Result {
  std::vector<Trace> traces;       ///< one for each site that was asked
  std::vector<Finding> findings;   ///< see add()
  std::vector<Problem> problems;   ///< a file that could not be read: nothing is known about it
  std::vector<std::string> notes;  ///< sentences about what was not looked at, and why
};

/// A finding that depends on what the text does not tell is no error; one that is there already is not added again.
void add(Result& result, Finding finding);

}  // namespace wsprobe::lint
