// Follows the request of a WebSocket through one router of Traefik: its middlewares in their order, then its service.
#pragma once

#include "lint/traefik_model.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::traefik {

/// Whether it goes on behind the router, as far as the middlewares tell.
void follow(const Model& model, const Object& router, Walk& walk);

/// A router of its own for the WebSocket, in the language of the one that is at fault, without its middlewares.
[[nodiscard]] Correction own_router(const Model& model, const Object& router, const Question& question);

/// The service that a router without one has; null where these files have none, or several.
[[nodiscard]] const Object* service_of(const Model& model, const Object& router);

}  // namespace wsprobe::lint::traefik
