// Which names a browser's window and document have. Each is a list separated by white space.
#pragma once

#include <string_view>

namespace wsprobe::script_host {

extern const std::string_view window_functions;
extern const std::string_view window_objects;
extern const std::string_view window_values;    ///< numbers, strings and truth values
extern const std::string_view window_handlers;  ///< onload and the like
extern const std::string_view document_members;

}  // namespace wsprobe::script_host
