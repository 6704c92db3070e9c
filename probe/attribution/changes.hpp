// What to change in one product about one cause: a sentence and a configuration snippet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attribution/attribution.hpp"

namespace wsprobe::attribution {

struct ProductChange {
  std::string_view product;  ///< id of products.hpp
  std::string text;          ///< what to look for, in that product's own words
  std::string snippet;       ///< lines of its configuration, each ended with \n; empty where taking out is all there is
};

/// For every proxy that has something to say of the cause, in a fixed order. Host, path and
/// upstream are filled in from the context, and stand as words in capitals where it does not know them.
[[nodiscard]] std::vector<ProductChange> changes_of(CauseId cause, const RemedyContext& context);

}  // namespace wsprobe::attribution
