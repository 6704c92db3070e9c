#include "web/response.hpp"

#include <algorithm>
#include <array>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace wsprobe::web {
namespace {

/// Nothing of ours is to be framed, sniffed, cached or told to other sites, and nothing but the pages runs anything.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> usual_fields{{
    {"Cache-Control", "no-store"},
    {"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
    {"Cross-Origin-Resource-Policy", "same-origin"},
    {"Referrer-Policy", "no-referrer"},
    {"X-Content-Type-Options", "nosniff"},
    {"X-Frame-Options", "DENY"},
}};

bool has(const std::vector<HeaderField>& fields, std::string_view name) {
  return std::any_of(fields.begin(), fields.end(),
                     [&](const HeaderField& field) { return equals_ignoring_case(field.name, name); });
}

}  // namespace

Response text_response(int status, std::string body) {
  Response response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Response html_response(int status, std::string body) {
  Response response = text_response(status, std::move(body));
  response.content_type = "text/html; charset=utf-8";
  return response;
}

Response json_response(int status, std::string body) {
  Response response = text_response(status, std::move(body));
  response.content_type = "application/json";
  return response;
}

Response redirect(std::string path) {
  Response response = text_response(308, "");
  response.fields.push_back({"Location", std::move(path)});
  return response;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 304: return "Not Modified";
    case 308: return "Permanent Redirect";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 414: return "URI Too Long";
    case 429: return "Too Many Requests";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "Status";
  }
}

std::string http_date(WallTime time) {
  return fmt::format("{:%a, %d %b %Y %H:%M:%S GMT}", fmt::gmtime(std::chrono::system_clock::to_time_t(time)));
}

std::string write_head(const Response& response, const HeadOptions& options) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", response.status, reason_phrase(response.status));
  const auto add = [&head](std::string_view name, std::string_view value) {
    head += fmt::format("{}: {}\r\n", name, value);
  };
  for (const HeaderField& field : response.fields) add(field.name, field.value);
  for (const auto& [name, value] : usual_fields) {
    if (!has(response.fields, name)) add(name, value);
  }
  add("Date", http_date(options.now));
  if (!response.content_type.empty()) add("Content-Type", response.content_type);
  if (!response.stream) add("Content-Length", fmt::format("{}", options.length));
  if (!options.keep_alive) add("Connection", "close");
  return head + "\r\n";
}

}  // namespace wsprobe::web
