#include "lint/readers.hpp"

namespace wsprobe::lint {

void read_apache(const Deployment&, const Question&, Result&) {}

}  // namespace wsprobe::lint
