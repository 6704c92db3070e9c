#include "lint/readers.hpp"

namespace wsprobe::lint {

void read_caddy(const Deployment&, const Question&, Result&) {}

}  // namespace wsprobe::lint
