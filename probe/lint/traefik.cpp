#include "lint/readers.hpp"

namespace wsprobe::lint {

void read_traefik(const Deployment&, const Question&, Result&) {}

}  // namespace wsprobe::lint
