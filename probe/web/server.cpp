#include "web/server.hpp"

#include <array>
#include <list>
#include <utility>
#include <vector>

#include "net/event.hpp"
#include "net/listener.hpp"
#include "net/plain_stream.hpp"
#include "net/tasks.hpp"
#include "web/gzip.hpp"

namespace wsprobe::web {
namespace {

enum class Activity : std::uint8_t {
  silent,   ///< nothing of a request has come
  asking,   ///< a request is coming in
  waiting,  ///< its answer is being made or sent
  streaming,
};

/// One client.
struct Connection {
  net::SocketPtr socket;
  Activity activity = Activity::silent;
};
using Connections = std::list<Connection>;

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

/// Compressed only where that costs little: a large body is sent sooner as it is.
constexpr std::size_t least_to_compress = 1024;
constexpr std::size_t most_to_compress = 1024 * 1024;

void compress(const Request& request, Response& response) {
  const std::string* accepted = request.find("Accept-Encoding");
  const std::size_t size = response.body.size();
  if (accepted == nullptr || size < least_to_compress || size > most_to_compress || !accepts_gzip(*accepted)) return;
  auto compressed = gzip(response.body);
  if (!compressed) return;
  response.body = std::move(*compressed);
  response.fields.push_back({"Content-Encoding", "gzip"});
  response.fields.push_back({"Vary", "Accept-Encoding"});
}

class StreamWriter final : public BodyWriter {
 public:
  StreamWriter(net::Stream& stream, Duration limit) : stream_(stream), limit_(limit) {}

  net::awaitable<bool> write(std::string text) override {
    const auto written = co_await stream_.write(bytes_of(text), Phase::response, SteadyClock::now() + limit_);
    co_return written.has_value();
  }

 private:
  net::Stream& stream_;
  Duration limit_;
};

}  // namespace

class Server::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, ServerLimits limits, Handler handler)
      : context_(context), limits_(limits), handler_(std::move(handler)), all_gone_(context) {}

  Result<std::uint16_t> listen(const std::string& address, std::uint16_t port) {
    auto listener = net::Listener::bind(context_, address, port);
    if (!listener) return tl::unexpected(std::move(listener.error()));
    listeners_.push_back(std::move(*listener));
    net::spawn(context_, accept_all(shared_from_this(), *listeners_.back()));
    return listeners_.back()->port();
  }

  void use_tls(std::function<std::shared_ptr<net::TlsServer>()> tls) { tls_ = std::move(tls); }

  net::awaitable<void> drain(Deadline deadline) {
    draining_ = true;
    for (Connection& connection : connections_) {
      const bool is_busy = connection.activity == Activity::asking || connection.activity == Activity::waiting;
      if (!is_busy) connection.socket->cancel();
    }
    if (!connections_.empty()) co_await all_gone_.wait(deadline);
    close();
  }

  /// Listeners cancel the connections they accepted.
  void close() {
    draining_ = true;
    for (const auto& listener : listeners_) listener->close();
  }

  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  static net::awaitable<void> accept_all(std::shared_ptr<Impl> self, net::Listener& listener) {
    while (!self->draining_) {
      auto socket = co_await listener.accept_socket();
      if (!socket) {
        if (socket.error().reason == Reason::cancelled) co_return;
        // No descriptor is left: somebody has to go.
        self->make_room();
        co_await net::wait_until(SteadyClock::now() + std::chrono::milliseconds(20));
        continue;
      }
      if (self->draining_) co_return;
      if (self->connections_.size() >= self->limits_.connections && !self->make_room()) continue;
      self->connections_.push_back({std::move(*socket)});
      net::spawn(self->context_, serve(self, std::prev(self->connections_.end())));
    }
  }

  /// Ends the connection that has been silent for longest, or, where none is silent, the one that has been asking for
  /// longest. The list has them in that order: whoever was answered is moved to its end.
  bool make_room() {
    for (const Activity least : {Activity::silent, Activity::asking}) {
      for (Connection& connection : connections_) {
        if (connection.activity != least || !connection.socket->is_usable()) continue;
        connection.socket->cancel();
        return true;
      }
    }
    return false;
  }

  static net::awaitable<void> serve(std::shared_ptr<Impl> self, Connections::iterator connection) {
    net::StreamPtr stream;
    const std::shared_ptr<net::TlsServer> tls = self->tls_ ? self->tls_() : nullptr;
    if (tls) {
      auto shaken = co_await tls->handshake(connection->socket, SteadyClock::now() + self->limits_.head_time);
      if (shaken) stream = std::move(*shaken);
    } else {
      stream = std::make_unique<net::PlainStream>(connection->socket);
    }
    if (stream) {
      RequestParser parser(self->limits_.request);
      std::size_t served = 0;
      bool again = true;
      while (again) {
        const bool last = ++served >= self->limits_.requests;
        again = co_await self->serve_one(connection, *stream, parser, last);
      }
      stream->close();
    }
    connection->socket->close();
    self->connections_.erase(connection);
    if (self->connections_.empty()) self->all_gone_.set();
  }

  /// Reads one request and answers it. False: the connection is over.
  net::awaitable<bool> serve_one(Connections::iterator connection, net::Stream& stream, RequestParser& parser,
                                 bool last) {
    using State = RequestParser::State;
    Deadline deadline = SteadyClock::now() + limits_.idle_time;
    bool begun = false;
    std::array<std::byte, 4096> buffer;
    while (parser.state() == State::head || parser.state() == State::body) {
      if (!begun && !parser.is_untouched()) {
        begun = true;
        deadline = SteadyClock::now() + limits_.head_time;
        connection->activity = Activity::asking;
      }
      if (parser.take_expectation()) {
        const std::string go_on = "HTTP/1.1 100 Continue\r\n\r\n";
        const auto sent = co_await stream.write(bytes_of(go_on), Phase::response, deadline);
        if (!sent) co_return false;
      }
      const auto received = co_await stream.read_some(buffer, Phase::request, deadline);
      if (!received && begun && received.error().reason == timeout_in(Phase::request)) {
        co_return co_await refuse(stream, 408);
      }
      if (!received || *received == 0) co_return false;
      parser.feed({reinterpret_cast<const char*>(buffer.data()), *received});
    }
    connection->activity = Activity::waiting;
    if (parser.state() == State::refused) co_return co_await refuse(stream, parser.refusal());
    const Request request = parser.take();
    Response response = co_await handler_(request);
    const bool keep = request.keep_alive && !last && !draining_ && !response.stream;
    const bool sent = co_await send(connection, stream, request, response, keep);
    if (!sent || !keep) co_return false;
    connection->activity = Activity::silent;
    connections_.splice(connections_.end(), connections_, connection);
    co_return !draining_;
  }

  net::awaitable<bool> refuse(net::Stream& stream, int status) {
    const Response response = text_response(status, std::string(reason_phrase(status)) + "\n");
    const HeadOptions options{false, response.body.size(), std::chrono::system_clock::now()};
    const std::string text = write_head(response, options) + response.body;
    co_await stream.write(bytes_of(text), Phase::response, SteadyClock::now() + std::chrono::seconds(1));
    co_return false;
  }

  net::awaitable<bool> send(Connections::iterator connection, net::Stream& stream, const Request& request,
                            Response& response, bool keep) {
    if (response.stream && streams_ >= limits_.streams) {
      response = text_response(503, "too many live views are open\n");
    }
    compress(request, response);
    const HeadOptions options{keep, response.body.size(), std::chrono::system_clock::now()};
    std::string head = write_head(response, options);
    const Deadline deadline = SteadyClock::now() + limits_.write_time;
    const bool bodyless = request.method == "HEAD" || response.status == 304;
    const bool together = response.body.size() < 64 * 1024;
    if (!bodyless && together) head += response.body;
    auto sent = co_await stream.write(bytes_of(head), Phase::response, deadline);
    if (!sent || bodyless) co_return sent.has_value();
    if (!together) {
      sent = co_await stream.write(bytes_of(response.body), Phase::response, deadline);
      co_return sent.has_value();
    }
    if (response.stream) {
      connection->activity = Activity::streaming;
      ++streams_;
      StreamWriter writer(stream, limits_.write_time);
      co_await response.stream(writer);
      --streams_;
    }
    co_return true;
  }

  asio::io_context& context_;
  ServerLimits limits_;
  Handler handler_;
  std::function<std::shared_ptr<net::TlsServer>()> tls_;
  std::vector<std::unique_ptr<net::Listener>> listeners_;
  Connections connections_;
  std::size_t streams_ = 0;
  net::Event all_gone_;
  bool draining_ = false;
};

Server::Server(asio::io_context& context, ServerLimits limits, Handler handler)
    : impl_(std::make_shared<Impl>(context, limits, std::move(handler))) {}
Server::~Server() { impl_->close(); }

Result<std::uint16_t> Server::listen(const std::string& address, std::uint16_t port) {
  return impl_->listen(address, port);
}
void Server::use_tls(std::function<std::shared_ptr<net::TlsServer>()> tls) { impl_->use_tls(std::move(tls)); }
net::awaitable<void> Server::drain(Deadline deadline) { co_await impl_->drain(deadline); }
std::size_t Server::connections() const { return impl_->connections(); }

}  // namespace wsprobe::web
