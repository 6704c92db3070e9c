// What every user of this machine can read of a process.
#pragma once

#include <span>

namespace wsprobe::app {

/// Of each `-H 'NAME: VALUE'` the list keeps the name: values are overwritten where they stand, so `arguments` has to
/// be main's own, and what is wanted of it copied before.
void hide_header_values(std::span<char*> arguments);

}  // namespace wsprobe::app
