#include "engine/health.hpp"

#include "wire/json_document.hpp"

namespace wsprobe::engine {

HealthFacts read_health(const Response& response) {
  HealthFacts facts;
  if (!response.body_complete || !response.body_kept_whole()) {
    facts.problem = "the body is not complete";
    return facts;
  }
  const auto document = wire::JsonDocument::parse(response.body);
  if (!document) {
    facts.problem = document.error();
    return facts;
  }
  facts.is_json = true;
  facts.status = document->string_at("/status");
  facts.ws_available = document->boolean_at("/ws/available");
  facts.active_connections = document->integer_at("/ws/active_connections");
  facts.topics = document->integer_at("/ws/topics");
  return facts;
}

}  // namespace wsprobe::engine
