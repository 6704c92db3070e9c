// Server-sent events for the status page: the names of the scenarios that have run. The page fetches itself again.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "net/event.hpp"
#include "web/response.hpp"

namespace wsprobe::app {

class LiveFeed {
 public:
  explicit LiveFeed(asio::io_context& context) : context_(context) {}

  /// Told to everybody who listens, at most once a second.
  void ran(const std::string& scenario);
  /// Ends every feed.
  void close();

  /// For web::Response::stream.
  net::awaitable<void> follow(web::BodyWriter& writer);

 private:
  struct Follower {
    explicit Follower(asio::io_context& context) : news(context) {}
    net::Event news;
    std::set<std::string> names;
  };

  asio::io_context& context_;
  std::set<Follower*> followers_;
  bool closed_ = false;
};

}  // namespace wsprobe::app
