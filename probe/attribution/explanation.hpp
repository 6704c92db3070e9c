// What a cause means, how it is recognised, what to change in which product, and what to check next: the long form of
// what a verdict says in a sentence.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "attribution/attribution.hpp"

namespace wsprobe::attribution {

/// What to change in one product.
struct Change {
  std::string_view product;  ///< as people call it: "Caddy", "nginx"; "any" for the text that fits all
  std::string text;          ///< a sentence, then a configuration snippet where there is one; lines end with \n
};

struct Explanation {
  std::string_view meaning;     ///< one paragraph
  std::string_view recognised;  ///< what the attribution saw when it said so
  std::vector<Change> changes;  ///< the general one first
  std::string_view next;        ///< what to check next, or how to see that it worked
};

/// Of every cause; of a transport failure by its reason. The context fills in what is known of a deployment and stays
/// empty where somebody merely asks for the word.
[[nodiscard]] Explanation explanation(const Cause& cause, const RemedyContext& context = {});

}  // namespace wsprobe::attribution
