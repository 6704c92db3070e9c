// Character references in attribute values (HTML Standard, sections 13.2.5.72 to 13.2.5.80).
#include <array>

#include "browser/html.hpp"
#include "core/ascii.hpp"

namespace wsprobe::browser {
namespace {

struct Named {
  std::string_view name;
  std::string_view text;
  bool without_semicolon = false;  ///< `&amp` is taken for `&amp;` too
};

constexpr std::array known = {
    Named{"amp", "&", true},
    Named{"AMP", "&", true},
    Named{"lt", "<", true},
    Named{"LT", "<", true},
    Named{"gt", ">", true},
    Named{"GT", ">", true},
    Named{"quot", "\"", true},
    Named{"QUOT", "\"", true},
    Named{"nbsp", "\xc2\xa0", true},
    Named{"apos", "'"},
    Named{"colon", ":"},
    Named{"sol", "/"},
    Named{"period", "."},
    Named{"comma", ","},
    Named{"semi", ";"},
    Named{"equals", "="},
    Named{"quest", "?"},
    Named{"num", "#"},
    Named{"excl", "!"},
    Named{"percnt", "%"},
    Named{"dollar", "$"},
    Named{"ast", "*"},
    Named{"midast", "*"},
    Named{"plus", "+"},
    Named{"lowbar", "_"},
    Named{"UnderBar", "_"},
    Named{"lpar", "("},
    Named{"rpar", ")"},
    Named{"lsqb", "["},
    Named{"lbrack", "["},
    Named{"rsqb", "]"},
    Named{"rbrack", "]"},
    Named{"lcub", "{"},
    Named{"lbrace", "{"},
    Named{"rcub", "}"},
    Named{"rbrace", "}"},
    Named{"verbar", "|"},
    Named{"vert", "|"},
    Named{"bsol", "\\"},
    Named{"commat", "@"},
    Named{"grave", "`"},
    Named{"Hat", "^"},
    Named{"Tab", "\t"},
    Named{"NewLine", "\n"},
    Named{"ndash", "\xe2\x80\x93"},
    Named{"mdash", "\xe2\x80\x94"},
    Named{"hellip", "\xe2\x80\xa6"},
    Named{"shy", "\xc2\xad", true},
};

void append_utf8(std::string& out, std::uint32_t code) {
  if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) code = 0xfffd;
  const auto tail = [&](int shift) { out += static_cast<char>(0x80 | ((code >> shift) & 0x3f)); };
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xc0 | (code >> 6));
    tail(0);
  } else if (code < 0x10000) {
    out += static_cast<char>(0xe0 | (code >> 12));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xf0 | (code >> 18));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// How long the numeric reference at the beginning of `text` ("&#...") is; 0 where there is none.
std::size_t take_number(std::string_view text, std::string& out) {
  const bool hexadecimal = text.size() > 2 && to_lower(text[2]) == 'x';
  const std::size_t first = hexadecimal ? 3 : 2;
  std::size_t at = first;
  std::uint32_t code = 0;
  while (at < text.size() && (hexadecimal ? is_hex_digit(text[at]) : is_digit(text[at]))) {
    if (code <= 0x10ffff) code = code * (hexadecimal ? 16 : 10) + static_cast<std::uint32_t>(hex_value(text[at]));
    ++at;
  }
  if (at == first) return 0;
  append_utf8(out, code);
  return at < text.size() && text[at] == ';' ? at + 1 : at;
}

/// The same for "&name".
std::size_t take_name(std::string_view text, std::string& out) {
  for (const Named& named : known) {
    if (!text.substr(1).starts_with(named.name)) continue;
    const std::size_t end = 1 + named.name.size();
    const char next = end < text.size() ? text[end] : '\0';
    if (next == ';') {
      out += named.text;
      return end + 1;
    }
    // In an attribute `&lt=` and `&lta` are left alone: they stand in the queries of old links.
    if (named.without_semicolon && next != '=' && !is_alpha(next) && !is_digit(next)) {
      out += named.text;
      return end;
    }
  }
  return 0;
}

}  // namespace

std::string decode_references(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  while (!value.empty()) {
    std::size_t taken = 0;
    if (value.starts_with("&#")) {
      taken = take_number(value, out);
    } else if (value.front() == '&') {
      taken = take_name(value, out);
    }
    if (taken == 0) {
      out += value.front();
      taken = 1;
    }
    value.remove_prefix(taken);
  }
  return out;
}

}  // namespace wsprobe::browser
