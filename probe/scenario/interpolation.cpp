#include "scenario/interpolation.hpp"

#include <algorithm>

namespace wsprobe::scenario {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

void append_literal(std::vector<Piece>& pieces, std::string_view text) {
  if (text.empty()) return;
  if (pieces.empty() || pieces.back().kind == Piece::Kind::reference) pieces.push_back({});
  pieces.back().text += text;
}

}  // namespace

bool is_credential_name(std::string_view name) {
  constexpr std::size_t longest = 64;
  return !name.empty() && name.size() <= longest && is_letter(name.front()) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; });
}

tl::expected<std::vector<Piece>, ReferenceProblem> split_references(std::string_view text) {
  std::vector<Piece> pieces;
  while (!text.empty()) {
    const std::size_t dollar = text.find('$');
    append_literal(pieces, text.substr(0, dollar));
    if (dollar == std::string_view::npos) break;
    text.remove_prefix(dollar);
    const char next = text.size() > 1 ? text[1] : '\0';
    if (next != '{') {
      append_literal(pieces, "$");
      text.remove_prefix(next == '$' ? 2 : 1);
      continue;
    }
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      return tl::unexpected(ReferenceProblem{"${", "`${` without its `}`"});
    }
    const std::string_view name = text.substr(2, end - 2);
    if (!is_credential_name(name)) {
      return tl::unexpected(
          ReferenceProblem{std::string(text.substr(0, end + 1)), "this is not the name of a credential"});
    }
    pieces.push_back({Piece::Kind::reference, std::string(name)});
    text.remove_prefix(end + 1);
  }
  return pieces;
}

}  // namespace wsprobe::scenario
