// Asio's own code, compiled once for the whole program.
//
// A header of the standard library has to come first: only after one does Asio 1.22 see that there is aligned_alloc,
// and what other files allocate with it this one frees.
#include <cstddef>

#include <asio/impl/src.hpp>
