#include "unit/wire/error_rows.hpp"
#include "unit/wire/server_frames.hpp"

namespace wsprobe::wire {
namespace {

using namespace std::string_literals;

SessionLimits with(void (*change)(SessionLimits&)) {
  SessionLimits limits;
  change(limits);
  return limits;
}

const SessionLimits small_messages = with([](SessionLimits& limits) { limits.message_bytes = 8; });
const SessionLimits little_input = with([](SessionLimits& limits) { limits.input_bytes = 20; });
const SessionLimits few_frames = with([](SessionLimits& limits) { limits.frames = 3; });

constexpr Fin more = Fin::more;

std::string header_with_length(unsigned first, unsigned length_code, const std::string& length) {
  return std::string{static_cast<char>(first), static_cast<char>(length_code)} + length;
}

std::vector<FrameErrorRow> fixed_rows() {
  const std::string empty_fragment = frame(opcode::continuation, "", more);
  return {
      {"masked", "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s, Reason::frame_masked, ""},
      {"masked_ping", "\x89\x80\x01\x02\x03\x04"s, Reason::frame_masked, ""},
      {"first_reserved_bit", "\xC1\x05Hello"s, Reason::frame_reserved_bits, ""},
      {"second_reserved_bit", "\xA1\x05Hello"s, Reason::frame_reserved_bits, ""},
      {"third_reserved_bit", "\x91\x05Hello"s, Reason::frame_reserved_bits, ""},
      {"all_reserved_bits_on_ping", "\xF9\x00"s, Reason::frame_reserved_bits, ""},
      {"reserved_bit_on_close", "\xC8\x02\x03\xE8"s, Reason::frame_reserved_bits, ""},
      {"reserved_bit_on_fragment", frame(opcode::text, "a", more) + "\x40\x01" + "b"s, Reason::frame_reserved_bits, ""},
      {"behind_a_message", frame(opcode::text, "ok") + "\x83\x00"s, Reason::frame_reserved_opcode, ""},

      {"long_ping", frame(opcode::ping, std::string(126, 'x')), Reason::frame_bad_control, ""},
      {"long_close", frame(opcode::close, close_body(1000, std::string(124, 'x'))), Reason::frame_bad_control, ""},
      {"ping_of_64_bits", header_with_length(0x89, 127, "\0\0\0\0\0\1\0\0"s), Reason::frame_bad_control, ""},
      {"fragmented_ping", frame(opcode::ping, "", more), Reason::frame_bad_control, ""},
      {"fragmented_pong", frame(opcode::pong, "x", more), Reason::frame_bad_control, ""},
      {"fragmented_close", frame(opcode::close, "", more), Reason::frame_bad_control, ""},

      {"length_5_in_16_bits", header_with_length(0x82, 126, "\0\5"s), Reason::frame_bad_length, ""},
      {"length_125_in_16_bits", header_with_length(0x82, 126, "\0\x7d"s), Reason::frame_bad_length, ""},
      {"length_65535_in_64_bits", header_with_length(0x82, 127, "\0\0\0\0\0\0\xff\xff"s), Reason::frame_bad_length, ""},
      {"highest_bit", header_with_length(0x82, 127, "\x80\0\0\0\0\0\0\1"s), Reason::frame_bad_length, ""},
      {"all_bits", header_with_length(0x81, 127, std::string(8, '\xff')), Reason::frame_bad_length, ""},
      {"all_bits_in_a_continuation",
       frame(opcode::binary, "abcdef", more) + header_with_length(0x80, 127, std::string(8, '\xff')),
       Reason::frame_bad_length, ""},
      {"highest_length_in_a_continuation",
       frame(opcode::binary, "abcdef", more) + header_with_length(0x80, 127, "\x7f" + std::string(7, '\xff')),
       Reason::message_too_large, ""},

      {"continuation_first", frame(opcode::continuation, "a"), Reason::frame_bad_continuation, ""},
      {"continuation_after_a_message", frame(opcode::text, "a") + frame(opcode::continuation, "b"),
       Reason::frame_bad_continuation, ""},
      {"text_inside_a_message", frame(opcode::text, "a", more) + frame(opcode::text, "b"),
       Reason::frame_bad_continuation, ""},
      {"binary_inside_a_message", frame(opcode::text, "a", more) + frame(opcode::binary, "b", more),
       Reason::frame_bad_continuation, ""},
      {"text_inside_a_message_behind_a_ping",
       frame(opcode::text, "a", more) + frame(opcode::ping, "") + frame(opcode::text, "b"),
       Reason::frame_bad_continuation, ""},

      {"bad_utf8_in_one_fragment", frame(opcode::text, "caf\xE9!", more), Reason::frame_bad_utf8, ""},
      {"bad_utf8_across_fragments", frame(opcode::text, "\xE2\x82", more) + frame(opcode::continuation, "x"),
       Reason::frame_bad_utf8, ""},
      {"bad_utf8_at_the_end_of_fragments", frame(opcode::text, "ok \xE2", more) + frame(opcode::continuation, "\x82"),
       Reason::frame_bad_utf8, "ends inside"},
      {"bad_utf8_before_an_empty_fragment", frame(opcode::text, "\xF0\x9F\x98", more) + frame(opcode::continuation, ""),
       Reason::frame_bad_utf8, "ends inside"},

      {"close_of_one_byte", frame(opcode::close, "\x03"), Reason::frame_bad_close, "one byte"},
      {"close_reason_no_utf8", frame(opcode::close, close_body(1000, "\xCE\xBA\xE1")), Reason::frame_bad_close,
       "UTF-8"},
      {"close_reason_surrogate", frame(opcode::close, close_body(1000, "\xED\xA0\x80")), Reason::frame_bad_close,
       "UTF-8"},

      {"large_message", frame(opcode::binary, "123456789"), Reason::message_too_large, "", small_messages},
      {"large_text_in_fragments", frame(opcode::text, "12345", more) + frame(opcode::continuation, "6789"),
       Reason::message_too_large, "", small_messages},
      {"declared_gigabyte", header_with_length(0x82, 127, "\0\0\0\0\x40\0\0\0"s), Reason::message_too_large, ""},
      {"much_input", frame(opcode::pong, "1234567890") + frame(opcode::pong, "1234567890"), Reason::session_input_limit,
       "", little_input},
      {"endless_empty_fragments", frame(opcode::text, "", more) + empty_fragment + empty_fragment + empty_fragment,
       Reason::session_input_limit, "", few_frames},
      {"many_pings",
       frame(opcode::ping, "") + frame(opcode::ping, "") + frame(opcode::ping, "") + frame(opcode::ping, ""),
       Reason::session_input_limit, "", few_frames},
  };
}

void add_reserved_opcodes(std::vector<FrameErrorRow>& rows) {
  for (const unsigned reserved : {3U, 4U, 5U, 6U, 7U, 11U, 12U, 13U, 14U, 15U}) {
    rows.push_back({"opcode_" + std::to_string(reserved), frame(reserved, ""), Reason::frame_reserved_opcode, ""});
    rows.push_back({"opcode_" + std::to_string(reserved) + "_with_payload", frame(reserved, "x"),
                    Reason::frame_reserved_opcode, ""});
  }
}

void add_close_codes(std::vector<FrameErrorRow>& rows) {
  for (const unsigned code : {0U, 999U, 1004U, 1005U, 1006U, 1015U, 1016U, 1100U, 2000U, 2999U, 5000U, 65535U}) {
    rows.push_back({"close_code_" + std::to_string(code), frame(opcode::close, close_body(code)),
                    Reason::frame_bad_close, "code " + std::to_string(code)});
  }
}

/// What UTF-8 does not allow: each alone as a message, so that it fails whatever stands around it.
void add_texts(std::vector<FrameErrorRow>& rows) {
  const std::vector<std::pair<std::string, std::string>> bad{
      {"continuation_alone", "\x80"},
      {"last_continuation_alone", "\xBF"},
      {"two_bytes_cut", "\xC3"},
      {"three_bytes_cut", "\xE2\x82"},
      {"four_bytes_cut", "\xF0\x9F\x98"},
      {"overlong_slash_in_two", "\xC0\xAF"},
      {"overlong_slash_in_three", "\xE0\x80\xAF"},
      {"overlong_slash_in_four", "\xF0\x80\x80\xAF"},
      {"overlong_nul", "\xC0\x80"},
      {"highest_overlong_in_two", "\xC1\xBF"},
      {"highest_overlong_in_three", "\xE0\x9F\xBF"},
      {"highest_overlong_in_four", "\xF0\x8F\xBF\xBF"},
      {"first_surrogate", "\xED\xA0\x80"},
      {"last_surrogate", "\xED\xBF\xBF"},
      {"surrogate_pair", "\xED\xA0\x80\xED\xB0\x80"},
      {"beyond_unicode", "\xF4\x90\x80\x80"},
      {"five_bytes", "\xF8\x88\x80\x80\x80"},
      {"six_bytes", "\xFC\x84\x80\x80\x80\x80"},
      {"byte_fe", "\xFE"},
      {"byte_ff", "\xFF"},
      {"greek_then_surrogate",
       "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5\xED\xA0\x80"
       "edited"},
  };
  for (const auto& [name, text] : bad) {
    rows.push_back({"utf8_" + name, frame(opcode::text, text), Reason::frame_bad_utf8, ""});
    rows.push_back({"utf8_in_fragments_" + name,
                    frame(opcode::text, "a" + text.substr(0, 1), more) + frame(opcode::ping, "") +
                        frame(opcode::continuation, text.substr(1)),
                    Reason::frame_bad_utf8, ""});
  }
}

}  // namespace

const std::vector<FrameErrorRow>& frame_error_rows() {
  static const std::vector<FrameErrorRow> rows = [] {
    std::vector<FrameErrorRow> all = fixed_rows();
    add_reserved_opcodes(all);
    add_close_codes(all);
    add_texts(all);
    return all;
  }();
  return rows;
}

}  // namespace wsprobe::wire
