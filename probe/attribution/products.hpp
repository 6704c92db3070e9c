// The products whose habits are known by name, and what each is to a deployment.
//
// A rule that is about one product carries its name, so that it can be switched off (Knowledge) to see how the rest
// carries without it; rules about how answers are assembled in general carry none.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace wsprobe::attribution {

/// cdn: a network of edges that others run and rent out. A load balancer or a platform's router is a proxy here: it
/// belongs to the deployment.
enum class Role : std::uint8_t { application, proxy, cdn };

struct Product {
  std::string_view id;    ///< "nginx": in Knowledge, in rules
  std::string_view name;  ///< as people call it
  Role role;
};

[[nodiscard]] std::span<const Product> all_products();
/// Null where there is none of that id.
[[nodiscard]] const Product* product(std::string_view id);

}  // namespace wsprobe::attribution
