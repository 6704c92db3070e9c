// What OpenSSL and c-ares do where there is no memory.
#pragma once

namespace wsprobe::net {

/// From now on they allocate as `new` does: the new-handler has the last word. By themselves they go on with null
/// pointers in places that crash, or call it an answer of the peer or of the name server. To be called before anything
/// else of this folder.
void use_new_handler_in_libraries();

}  // namespace wsprobe::net
