// An HTTP/2 server's side of one connection, sans I/O, on nghttp2: it advertises WebSocket or not, and accepts, refuses
// or resets what is asked.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nghttp2/nghttp2.h>

#include "support/websocket_server.hpp"

namespace wsprobe::test {

class Http2Server {
 public:
  enum class Answer : std::uint8_t { accept, refuse, refuse_without_end, reset, goaway, nothing };

  /// Further settings follow the one that offers WebSocket.
  explicit Http2Server(bool offers_websocket, std::vector<nghttp2_settings_entry> settings = {}) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &Http2Server::on_header);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Http2Server::on_frame);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Http2Server::on_data);
    nghttp2_session_server_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    if (offers_websocket) settings.insert(settings.begin(), {NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL, 1});
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  }
  ~Http2Server() { nghttp2_session_del(session_); }
  Http2Server(const Http2Server&) = delete;
  Http2Server& operator=(const Http2Server&) = delete;

  Answer answer = Answer::accept;
  std::string status = "200";  ///< of an acceptance
  std::vector<std::pair<std::string, std::string>> fields{{"server", "test"}};
  std::uint32_t reset_code = NGHTTP2_PROTOCOL_ERROR;
  std::string refusal = "no such path";
  /// What a frame of the client is answered with; "RESET" resets the stream, "END" ends it.
  std::function<std::string(Opcode opcode, const std::string& payload)> on_websocket_frame = WebSocketServer::polite;

  std::map<std::string, std::string> request;  ///< its fields, once it has come

  /// What is sent in answer to these bytes.
  std::string serve(std::string_view bytes) {
    nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return output();
  }

 private:
  static Http2Server& self(void* user_data) { return *static_cast<Http2Server*>(user_data); }

  std::string output() {
    std::string out;
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) > 0;) {
      out.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    return out;
  }

  static int on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t name_size,
                       const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* user_data) {
    self(user_data).request[std::string(reinterpret_cast<const char*>(name), name_size)] =
        std::string(reinterpret_cast<const char*>(value), value_size);
    return 0;
  }

  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* user_data) {
    if (frame->hd.type == NGHTTP2_HEADERS) self(user_data).respond(frame->hd.stream_id);
    return 0;
  }

  void respond(std::int32_t stream) {
    switch (answer) {
      case Answer::accept: return submit(stream, status);
      case Answer::refuse:
      case Answer::refuse_without_end:
        unsent_ = refusal;
        ends_ = answer == Answer::refuse;
        return submit(stream, "404");
      case Answer::reset: nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, stream, reset_code); return;
      case Answer::goaway:
        nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, 0, NGHTTP2_ENHANCE_YOUR_CALM, nullptr, 0);
        return;
      case Answer::nothing: return;
    }
  }

  void submit(std::int32_t stream, std::string code) {
    std::vector<std::pair<std::string, std::string>> head{{":status", std::move(code)}};
    head.insert(head.end(), fields.begin(), fields.end());
    std::vector<nghttp2_nv> entries;
    for (auto& [name, value] : head) {
      entries.push_back({reinterpret_cast<std::uint8_t*>(name.data()), reinterpret_cast<std::uint8_t*>(value.data()),
                         name.size(), value.size(), NGHTTP2_NV_FLAG_NONE});
    }
    nghttp2_data_provider provider{};
    provider.read_callback = &Http2Server::on_read;
    nghttp2_submit_response(session_, stream, entries.data(), entries.size(), &provider);
  }

  static int on_data(nghttp2_session* session, std::uint8_t, std::int32_t stream, const std::uint8_t* data,
                     std::size_t size, void* user_data) {
    Http2Server& it = self(user_data);
    it.frames_.on_frame = it.on_websocket_frame;
    const std::string said = it.frames_.answer({reinterpret_cast<const char*>(data), size});
    if (said == "RESET") {
      nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
    } else if (said == "END") {
      it.ends_ = true;
    } else {
      it.unsent_ += said;
    }
    nghttp2_session_resume_data(session, stream);
    return 0;
  }

  static ssize_t on_read(nghttp2_session*, std::int32_t, std::uint8_t* into, std::size_t size, std::uint32_t* flags,
                         nghttp2_data_source*, void* user_data) {
    Http2Server& it = self(user_data);
    const std::size_t count = std::min(size, it.unsent_.size());
    std::copy_n(it.unsent_.begin(), count, into);
    it.unsent_.erase(0, count);
    if (it.ends_ && it.unsent_.empty()) {
      *flags |= NGHTTP2_DATA_FLAG_EOF;
      return static_cast<ssize_t>(count);
    }
    return count == 0 ? static_cast<ssize_t>(NGHTTP2_ERR_DEFERRED) : static_cast<ssize_t>(count);
  }

  nghttp2_session* session_ = nullptr;
  WebSocketServer frames_ = open_websocket();
  std::string unsent_;
  bool ends_ = false;

  /// One whose handshake is over.
  static WebSocketServer open_websocket() {
    WebSocketServer server;
    server.request = "extended CONNECT";
    return server;
  }
};

}  // namespace wsprobe::test
