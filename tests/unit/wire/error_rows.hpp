// The tables of what each decoder refuses. They are shared so that one test can ask whether every reason has a row.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "core/error.hpp"
#include "wire/response_decoder.hpp"
#include "wire/ws_frames.hpp"

namespace wsprobe::wire {

enum class Then : std::uint8_t { stays_open, closes };

struct ResponseErrorRow {
  std::string name;
  RequestShape shape = RequestShape::plain;
  std::string bytes;
  Then then = Then::stays_open;
  Reason reason;
  std::string detail;  ///< a part of the error's detail
  DecoderLimits limits = {};
};

struct SwitchErrorRow {
  std::string name;
  std::string head;  ///< with KEY-ANSWER where the right Sec-WebSocket-Accept belongs
  Reason reason;
  std::string detail;
};

struct FrameErrorRow {
  std::string name;
  std::string bytes;
  Reason reason;
  std::string detail;
  SessionLimits limits = {};
};

// A failure names the row instead of printing its bytes.
inline void PrintTo(const ResponseErrorRow& row, std::ostream* out) { *out << row.name; }
inline void PrintTo(const SwitchErrorRow& row, std::ostream* out) { *out << row.name; }
inline void PrintTo(const FrameErrorRow& row, std::ostream* out) { *out << row.name; }

const std::vector<ResponseErrorRow>& response_error_rows();
const std::vector<SwitchErrorRow>& switch_error_rows();
const std::vector<FrameErrorRow>& frame_error_rows();

}  // namespace wsprobe::wire
