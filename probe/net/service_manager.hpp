// What systemd wants to be told (sd_notify(3)): one datagram a message, to the socket it names in the environment.
#pragma once

#include <string>
#include <string_view>

namespace wsprobe::net {

class ServiceManager {
 public:
  /// `socket_name` is NOTIFY_SOCKET: a path, or a name of the abstract namespace that begins with '@'. Empty: nobody
  /// asked to be told.
  explicit ServiceManager(std::string socket_name) : socket_name_(std::move(socket_name)) {}

  /// "READY=1", "RELOADING=1", "STOPPING=1", "STATUS=..."; several lines are possible. Never blocks, never fails: what
  /// cannot be told is not worth a service.
  void tell(std::string_view message) const;

 private:
  std::string socket_name_;
};

}  // namespace wsprobe::net
