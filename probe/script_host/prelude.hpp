// What a script finds on window besides the language itself, written in JavaScript.
#pragma once

#include <string_view>

namespace wsprobe::script_host {

/// An expression: a function that takes the host (an object of native functions and values, see page_realm.cpp), sets
/// up the global object, and gives back the functions with which the host goes through the page's life.
extern const std::string_view prelude;

}  // namespace wsprobe::script_host
