#include "app/web_guard.hpp"

#include <sys/stat.h>

#include <fmt/format.h>

#include "app/serve_inputs.hpp"
#include "scenario/loader.hpp"

namespace wsprobe::app {

WebGuard::WebGuard(asio::io_context& context, std::string file, web::WebConfig config, const Log& log)
    : context_(context), file_(std::move(file)), log_(log) {
  use(std::move(config));
}

void WebGuard::use(web::WebConfig config) {
  std::shared_ptr<net::TlsServer> tls;
  if (config.tls) {
    const std::string& key = config.tls->key_file;
    if (scenario::Environment::of_process().readable_by_all(key)) {
      log_.write(LogLevel::warn, "every user of this machine can read the key of the web configuration",
                 {{"file", key}});
    }
    auto made = net::TlsServer::make(*config.tls);
    if (!made) {
      log_.write(LogLevel::error, "the TLS configuration cannot be used", {{"error", made.error().detail}});
      if (tls_) return;  // what was good goes on; plain HTTP in place of TLS never
    } else {
      tls = std::move(*made);
    }
  }
  const bool same_users = users_ && config.users == config_.users;
  if (!same_users) {
    users_ = config.users.empty() ? nullptr : std::make_shared<web::BasicAuth>(context_, config.users);
  }
  tls_ = std::move(tls);
  config_ = std::move(config);
  stamp_ = stamp();
}

/// Changes with the content of any of the files.
std::string WebGuard::stamp() const {
  std::vector<std::string> files{file_};
  if (config_.tls) {
    for (const std::string& file :
         {config_.tls->certificate_file, config_.tls->key_file, config_.tls->client_ca_file}) {
      files.push_back(file);
    }
  }
  std::string stamp;
  for (const std::string& file : files) {
    struct stat status {};
    if (file.empty() || ::stat(file.c_str(), &status) != 0) continue;
    stamp += fmt::format("{} {} {} {};", status.st_ino, status.st_size, status.st_mtim.tv_sec, status.st_mtim.tv_nsec);
  }
  return stamp;
}

void WebGuard::look_again() {
  const TimePoint now = SteadyClock::now();
  if (file_.empty() || now - looked_at_ < std::chrono::seconds(1)) return;
  looked_at_ = now;
  const std::string changed = stamp();
  if (changed == stamp_) return;
  stamp_ = changed;
  auto read = read_web_file(file_);
  if (read) {
    log_.write(LogLevel::info, "the web configuration was read again", {{"file", file_}});
    use(std::move(*read));
  } else {
    log_.write(LogLevel::error, "the web configuration has changed and cannot be used",
               {{"error", read.error().front().render()}});
  }
}

std::shared_ptr<net::TlsServer> WebGuard::tls() {
  look_again();
  return tls_;
}

net::awaitable<web::Response> WebGuard::admit(const web::Request& request, web::Handler inner) {
  web::Response response;
  web::Admission admission = web::Admission::granted;
  // Held: the configuration may change while the hash is computed.
  const std::shared_ptr<web::BasicAuth> users = users_;
  if (users) admission = co_await users->check(request.find("Authorization"));
  switch (admission) {
    case web::Admission::granted: response = co_await inner(request); break;
    case web::Admission::overloaded: response = web::text_response(503, "too many log-ins at the same time\n"); break;
    case web::Admission::refused:
      response = web::text_response(401, "Unauthorized\n");
      response.fields.push_back({"WWW-Authenticate", "Basic"});
      break;
  }
  for (const HeaderField& field : config_.fields) {
    std::erase_if(response.fields,
                  [&](const HeaderField& other) { return equals_ignoring_case(other.name, field.name); });
    response.fields.push_back(field);
  }
  co_return response;
}

}  // namespace wsprobe::app
