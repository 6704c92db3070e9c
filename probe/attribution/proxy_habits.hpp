// How families of proxies put an answer together, as far as it can be seen.
#pragma once

#include <string_view>

#include "attribution/pattern.hpp"

namespace wsprobe::attribution {

/// `sample`: a plain answer that the application is known to have written, as it arrives here; null where there is
/// none, and then nothing shows that anything was copied.
[[nodiscard]] GoProxy go_proxy(const Pattern& pattern, const Response* sample);

/// nginx and its descendants write one fixed order for everything: Server, Date, Content-Type, Content-Length,
/// Connection. Seen in this answer and in the sample, where there is one.
[[nodiscard]] bool writes_as_nginx(const Response& response, const Response* sample, const Knowledge* knowledge);

/// Apache puts Date and its own Server first, whoever wrote the rest.
[[nodiscard]] bool writes_as_apache(const Response& response, const Response* sample, const Knowledge* knowledge);

/// The proxy's product, as its own pages or the fields that it adds name it; empty where nothing does, or where two are
/// named. Good enough to choose whose configuration to show, not to say who wrote what.
[[nodiscard]] std::string_view recognised_proxy(const Pattern& pattern);

/// Content-Length before Date, which a Go server writes only where it copied them.
[[nodiscard]] bool copied_in_order(const ResponseHead& head);
/// Date and Content-Length as the last two fields, which a Go server adds itself.
[[nodiscard]] bool ends_with_date_and_length(const ResponseHead& head);

/// The field of that name (lower case) is there and was written in lower case.
[[nodiscard]] bool is_lower_in(const ResponseHead& head, std::string_view name);

}  // namespace wsprobe::attribution
