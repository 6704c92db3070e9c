// The Redactor takes secrets out of what a peer wrote, because peers send back what they are sent.
//
// A secret seldom comes back as it went: it is percent-encoded, escaped for JSON, HTML or a terminal, changed to lower
// case, or cut short. So the text is read one character at a time, in whatever way that character is written, and
// compared with the secret without regard to case.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/secret.hpp"

namespace wsprobe {

/// Whether a text may have been cut off in the middle of something.
enum class Ending : std::uint8_t { whole, cut };

/// Replaces every occurrence of the known secrets by `[redacted:NAME]`: literally, percent-encoded, escaped by
/// backslashes or HTML entities, in any mixture and case, and the base64 of the whole. Of a secret that was cut, the
/// beginning is replaced where it is at least six characters long and an ellipsis follows, or the end of a text that
/// may be cut. A secret shorter than four bytes is replaced only as it is.
class Redactor {
 public:
  void add(const SecretPtr& secret);
  [[nodiscard]] std::string operator()(std::string_view text, Ending ending = Ending::whole) const;
  [[nodiscard]] bool empty() const { return needles_.empty(); }

 private:
  enum class Reading : std::uint8_t { literal, tolerant };
  struct Needle {
    std::string value;
    std::string replacement;
    Reading reading;
  };
  /// How many bytes at the beginning of `text` are this secret, or its beginning; 0 for none.
  static std::size_t length_of(std::string_view text, const Needle& needle, Ending ending);

  std::vector<Needle> needles_;  // longest first, so that no secret hides inside another
};

}  // namespace wsprobe
