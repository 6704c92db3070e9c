#include "lint/apache_site.hpp"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "lint/bounds.hpp"
#include "lint/walk.hpp"

namespace wsprobe::lint::apache {
namespace {

using File = std::pair<std::string, std::vector<Directive>>;

constexpr int maximum_includes = 16;  // one in another

bool is_include(const Directive& directive) { return directive.is("Include") || directive.is("IncludeOptional"); }

/// `sites/*.conf` and /etc/apache2/sites/*.conf both name a file that was given as sites/app.conf or app.conf.
bool names(const std::string& pattern, const std::string& file) {
  if (fits_glob(pattern, file) || fits_glob("*/" + pattern, file)) return true;
  const std::string last = pattern.substr(pattern.rfind('/') + 1);
  const bool is_alone = file.find('/') == std::string::npos;
  return (is_alone && fits_glob(last, file)) || fits_glob("*" + file, pattern);
}

class Assembler {
 public:
  Assembler(const std::vector<File>& files, Result& result) : files_(files), result_(result) {}

  std::vector<Directive> run() {
    for (const File& file : files_) note_includes(file.second);
    std::vector<Directive> out;
    for (const File& file : files_) {
      if (!included_.contains(file.first)) append(file.second, out, 0);
    }
    if (count_ > most_directives) result_.notes.push_back(too_many_directives());
    return out;
  }

 private:
  void note_includes(const std::vector<Directive>& directives) {
    for (const Directive& each : directives) {
      note_includes(each.block);
      if (!is_include(each)) continue;
      for (const File& file : files_) {
        if (names(each.word(0), file.first) && file.first != each.at.file) included_.insert(file.first);
      }
    }
  }

  void append(const std::vector<Directive>& from, std::vector<Directive>& out, int depth) {
    for (const Directive& each : from) {
      if (++count_ > most_directives) return;
      if (is_include(each)) {
        include(each, out, depth);
      } else if (each.is("Define") || each.is("UnDefine")) {
        define(each);
      } else if (each.is("IfModule") || each.is("IfVersion") || each.is("IfDefine") || each.is("IfFile") ||
                 each.is("Limit") || each.is("LimitExcept")) {
        if (holds(each)) append(each.block, out, depth);
      } else {
        Directive copy{each.name, each.words, each.at, each.is_section, {}};
        for (std::string& word : copy.words) word = with_variables(word);
        append(each.block, copy.block, depth);
        out.push_back(std::move(copy));
      }
    }
  }

  void include(const Directive& directive, std::vector<Directive>& out, int depth) {
    bool found = false;
    const std::string pattern = with_variables(directive.word(0));
    for (const File& file : files_) {
      if (!names(pattern, file.first) || file.first == directive.at.file || depth >= maximum_includes) continue;
      found = true;
      append(file.second, out, depth + 1);
    }
    const bool is_of_modules =
        pattern.find("mods-") != std::string::npos || pattern.find("ports.conf") != std::string::npos;
    if (found || is_of_modules) return;
    result_.notes.push_back(fmt::format("`{}` ({}:{}) was not given: what stands there is not known",
                                        text_of(directive), directive.at.file, directive.at.line));
  }

  void define(const Directive& directive) {
    if (directive.is("Define")) {
      defined_[directive.word(0)] = directive.word(1);
    } else {
      defined_.erase(directive.word(0));
    }
  }

  /// Modules are taken for loaded, and what is not defined here for not defined.
  [[nodiscard]] bool holds(const Directive& directive) const {
    const std::string& word = directive.word(0);
    const bool negated = word.starts_with('!');
    if (directive.is("Limit") || directive.is("LimitExcept")) {  // the request is a GET
      const auto& methods = directive.words;
      return (std::find(methods.begin(), methods.end(), "GET") != methods.end()) == directive.is("Limit");
    }
    if (directive.is("IfDefine")) return defined_.contains(negated ? word.substr(1) : word) != negated;
    return !negated;
  }

  [[nodiscard]] std::string with_variables(const std::string& word) const {
    std::string out = word;
    for (const auto& [name, value] : defined_) {
      const std::string reference = "${" + name + "}";
      for (std::size_t at = out.find(reference); at != std::string::npos; at = out.find(reference, at + value.size())) {
        if (out.size() > longest_value) return word;
        out.replace(at, reference.size(), value);
      }
    }
    return out;
  }

  const std::vector<File>& files_;
  Result& result_;
  std::set<std::string> included_;
  std::map<std::string, std::string> defined_;
  std::size_t count_ = 0;
};

/// The ports of `*:443 [::]:443`; empty where a host names none.
std::vector<std::uint16_t> ports_of(const Directive& host) {
  std::vector<std::uint16_t> ports;
  for (const std::string& word : host.words) {
    const std::size_t colon = word.rfind(':');
    if (colon == std::string::npos || word.ends_with(']')) continue;
    std::uint16_t port = 0;
    std::from_chars(word.data() + colon + 1, word.data() + word.size(), port);
    if (port != 0) ports.push_back(port);
  }
  return ports;
}

std::string_view without_port(std::string_view name) {
  if (const std::size_t scheme = name.find("://"); scheme != std::string_view::npos) name.remove_prefix(scheme + 3);
  return name.substr(0, name.rfind(':'));
}

bool has_name(const Directive& host, const std::string& wanted) {
  for (const Directive& each : host.block) {
    if (each.is("ServerName") && same_ignoring_case(without_port(each.word(0)), wanted)) return true;
    if (!each.is("ServerAlias")) continue;
    for (const std::string& alias : each.words) {
      if (fits_glob(lower_case(alias), wanted)) return true;
    }
  }
  return false;
}

std::string title_of(const Directive& host) {
  const Directive* name = last_of(host.block, "ServerName");
  return name == nullptr ? text_of(host) : std::string(without_port(name->word(0)));
}

Site site_of(const Directive& host) {
  const Directive* engine = last_of(host.block, "SSLEngine");
  return {&host, title_of(host), engine != nullptr && same_ignoring_case(engine->word(0), "on"), false, {}};
}

std::vector<const Directive*> hosts_at(const Configuration& configuration, const Question& question) {
  std::vector<const Directive*> hosts;
  std::vector<const Directive*> all;
  for (const Directive& each : configuration.directives) {
    if (!each.is("VirtualHost")) continue;
    all.push_back(&each);
    const std::vector<std::uint16_t> ports = ports_of(each);
    const bool fits =
        !question.port || ports.empty() || std::find(ports.begin(), ports.end(), *question.port) != ports.end();
    if (fits) hosts.push_back(&each);
  }
  // Where nobody listens at the port, something in front of Apache maps it.
  return hosts.empty() ? all : hosts;
}

}  // namespace

Configuration assemble(std::vector<std::pair<std::string, std::vector<Directive>>> files, Result& result) {
  Configuration configuration{Assembler(files, result).run(), false};
  const auto has = [&](std::string_view name) { return last_of(configuration.directives, name) != nullptr; };
  configuration.is_whole = has("Listen") || !has("VirtualHost");
  return configuration;
}

std::vector<Site> sites_for(const Configuration& configuration, const Question& question) {
  const std::vector<const Directive*> hosts = hosts_at(configuration, question);
  std::vector<Site> sites;
  if (hosts.empty()) {
    const Directive* name = last_of(configuration.directives, "ServerName");
    Site main{nullptr,
              name == nullptr ? "the main server" : std::string(without_port(name->word(0))),
              question.tls,
              false,
              {}};
    if (forwards(configuration.directives)) sites.push_back(std::move(main));
    return sites;
  }
  if (question.host.empty()) {
    for (const Directive* host : hosts) {
      if (forwards(host->block)) sites.push_back(site_of(*host));
    }
    return sites;
  }
  for (const Directive* host : hosts) {
    if (!has_name(*host, question.host)) continue;
    if (sites.empty()) {
      sites.push_back(site_of(*host));
    } else if (host->words == sites.front().host->words) {
      sites.front().shadowed.push_back(host);
    }
  }
  if (sites.empty() && configuration.is_whole) {
    sites.push_back(site_of(*hosts.front()));
    sites.front().by_default = true;
  }
  return sites;
}

std::vector<const Directive*> directives_of(const Configuration& configuration, const Site& site) {
  std::vector<const Directive*> out;
  for (const Directive& each : configuration.directives) {
    if (!each.is("VirtualHost")) out.push_back(&each);
  }
  if (site.host != nullptr) {
    for (const Directive& each : site.host->block) out.push_back(&each);
  }
  return out;
}

bool forwards(const std::vector<Directive>& directives) {
  return std::any_of(directives.begin(), directives.end(), [](const Directive& each) {
    const bool rewrites = each.is("RewriteRule") && each.word(1).find("://") != std::string::npos &&
                          each.word(2).find('P') != std::string::npos;
    return each.is("ProxyPass") || each.is("ProxyPassMatch") || rewrites ||
           (!each.is("VirtualHost") && forwards(each.block));
  });
}

}  // namespace wsprobe::lint::apache
