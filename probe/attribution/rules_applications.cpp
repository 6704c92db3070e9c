// What the libraries of applications write.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "attribution/rules.hpp"

namespace wsprobe::attribution {
namespace {

/// The library answers nothing but upgrades: where plain answers have its name as well, somebody puts it on everything.
bool python_websockets(const View& view) {
  if (!view.server_has("websockets/") || !view.server_has("python")) return false;
  if (view.around == nullptr) return true;
  const auto has_it = [](const StepReport* plain) {
    const Response* response = response_of(plain);
    if (response == nullptr) return false;
    const auto servers = servers_of(response->head);
    return std::any_of(servers.begin(), servers.end(),
                       [](const std::string& server) { return contains_ignoring_case(server, "websockets/"); });
  };
  using Kind = ExperimentKind;
  constexpr std::array kinds{Kind::plain_get, Kind::plain_get_invalid, Kind::plain_control_path, Kind::plain_root};
  return !has_it(view.around->health) &&
         std::none_of(kinds.begin(), kinds.end(), [&](Kind kind) { return has_it(view.around->experiment(kind)); });
}

bool websockets_words(const View& view) {
  return view.body_starts_with("Failed to open a WebSocket connection") ||
         view.body_starts_with("Opening handshake failed") ||
         view.body_starts_with("Access denied: invalid or expired");
}

bool aiohttp_words(const View& view) {
  return content_type_of(view.response) == "text/plain" &&
         view.body_is(fmt::format("{}: {}", view.status(), view.head().reason_phrase));
}

bool aiohttp_handshake_words(const View& view) {
  return view.body_starts_with("No WebSocket UPGRADE hdr") || view.body_has("Server got itself in trouble");
}

bool starlette_json(const View& view) {
  return content_type_of(view.response) == "application/json" && view.body_starts_with("{\"detail\":");
}

bool starlette_not_found(const View& view) {
  return content_type_of(view.response) == "application/json" && view.body_is("{\"detail\":\"Not Found\"}");
}

bool node_ws_words(const View& view) {
  return content_type_of(view.response) == "text/html" && view.has("connection") && !view.has("date") &&
         view.body_is(view.head().reason_phrase) && !view.body().empty();
}

bool express_words(const View& view) {
  return view.body_has("<pre>Cannot GET ") ||
         view.body_is(fmt::format("Cannot GET {}", view.step.evidence.request.path));
}

bool engine_io_words(const View& view) {
  return view.body_starts_with("{\"code\":") && view.body_has("\"message\":") && view.status() == 400;
}

bool tornado_words(const View& view) { return view.body_starts_with(fmt::format("<html><title>{}: ", view.status())); }

constexpr std::array rules{
    Rule{"python-websockets", "websockets", Nature::field, python_websockets, 4.0, measured(77, 0),
         "Server names Python's websockets library, which only writes answers to upgrades"},
    Rule{"websockets-words", "websockets", Nature::body, websockets_words, 2.8,
         documented("websockets, legacy/server.py: the bodies of handshake()"),
         "the body is that of Python's websockets library"},
    Rule{"aiohttp-words", "aiohttp", Nature::body, aiohttp_words, 3.5, measured(263, 0),
         "the body is the status line as text, as aiohttp writes it"},
    Rule{"aiohttp-handshake", "aiohttp", Nature::body, aiohttp_handshake_words, 3.4, measured(39, 0),
         "the body is aiohttp's own"},
    Rule{"starlette-not-found", "starlette", Nature::body, starlette_not_found, 3.0, measured(467, 0),
         "the body is exactly the JSON of Starlette's and FastAPI's 404"},
    Rule{"starlette-json", "starlette", Nature::hint, starlette_json, 1.0, measured(467, 32),
         "the body is JSON in the form that FastAPI uses, which is easily imitated"},
    Rule{"node-ws-words", "node-ws", Nature::body, node_ws_words, 2.0,
         documented("ws, lib/websocket-server.js: abortHandshake()"),
         "the refusal is written as Node's ws library does: Connection, Content-Type, the status as text"},
    Rule{"express-words", "express", Nature::body, express_words, 2.8,
         documented("finalhandler, index.js: the message of an unhandled request"),
         "the body is that of Express or Nest"},
    Rule{"engine-io-words", "engine-io", Nature::body, engine_io_words, 2.8,
         documented("Engine.IO, lib/server.ts: Server.errors and errorMessages"), "the body is that of Engine.IO"},
    Rule{"tornado-words", "tornado", Nature::body, tornado_words, 2.8,
         documented("Tornado, web.py: RequestHandler.write_error()"), "the body is that of Tornado"},
};

}  // namespace

std::span<const Rule> application_rules() { return rules; }

}  // namespace wsprobe::attribution
