// Asio's own code, compiled once for the whole program.
#include <asio/impl/src.hpp>
