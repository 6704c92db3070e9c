// A Caddyfile as its text has it: server blocks of directives with their places, imports and snippets not yet replaced.
// Labels of caddy-docker-proxy become the same, because they are nothing but a Caddyfile in pieces.
#pragma once

#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "lint/source.hpp"

namespace wsprobe::lint::caddy {

struct Word {
  std::string text;  ///< without its quotes
  Place at;
  bool quoted = false;
};

/// A directive, a subdirective, an option: words, and a block of more of them.
struct Segment {
  std::vector<Word> words;  ///< at least one
  std::vector<Segment> block;
  bool has_block = false;
};

/// A site, a snippet (its key is in parentheses), a named route (`&(name)`), or, without keys, the global options.
struct ServerBlock {
  std::vector<Word> keys;
  std::vector<Segment> body;
  Place at;
};

[[nodiscard]] tl::expected<std::vector<ServerBlock>, Problem> parse_caddyfile(const Source& source);

/// The words of one line, as caddy-docker-proxy splits a label's value.
[[nodiscard]] std::vector<Word> caddyfile_words(std::string_view text, const Place& at);

/// "try_files {path} /index.html": the words of a segment without its block, at most 80 bytes.
[[nodiscard]] std::string shown(const Segment& segment);

}  // namespace wsprobe::lint::caddy
