#include "lint/readers.hpp"

namespace wsprobe::lint {

void read_haproxy(const Deployment&, const Question&, Result&) {}

}  // namespace wsprobe::lint
