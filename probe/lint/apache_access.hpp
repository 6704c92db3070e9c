// Who is let through by Apache: Require and its containers, and Order, Allow, Deny of version 2.2.
#pragma once

#include <string>
#include <vector>

#include "lint/apache_text.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::apache {

/// Of the sections that hold for the request, in the order in which they are merged: the last that says something about
/// access says all of it (AuthMerging Off). Ended where everybody is refused.
Flow check_access(const std::vector<const Directive*>& sections, Walk& walk);

}  // namespace wsprobe::lint::apache
