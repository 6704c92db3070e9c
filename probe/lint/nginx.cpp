#include "lint/readers.hpp"

namespace wsprobe::lint {

void read_nginx(const Deployment&, const Question&, Result&) {}

}  // namespace wsprobe::lint
