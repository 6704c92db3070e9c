// A row for each way in which a peer can answer an upgrade or behave on the WebSocket: what comes of it, whatever way
// its bytes are cut.
#include <string>

#include <gtest/gtest.h>

#include "unit/exchange/exchange_support.hpp"

namespace wsprobe::exchange::test {
namespace {

using wsprobe::test::close_frame;
using wsprobe::test::frame;
using wsprobe::test::polite_handshake;
using wsprobe::test::raw_frame;

/// What the session asks for.
enum class Asked : std::uint8_t { nothing, ping, message, hold };

/// What the peer does about frames that it receives.
enum class Manners : std::uint8_t { polite, mute, never_closing, hangs_up };

struct Row {
  const char* name;
  std::string answer;  ///< to the request; `{accept}` is filled in, what follows the head comes with it
  Asked asked;
  std::string expected;
  Manners manners = Manners::mute;
  Ending ending = Ending::silence;
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

/// A 101 with these fields instead of the polite ones.
std::string switching(const std::string& fields) { return "HTTP/1.1 101 Switching Protocols\r\n" + fields + "\r\n"; }

std::string accepted(const std::string& frames) { return polite_handshake + frames; }

const std::string upgrade_field = "Upgrade: websocket\r\n";
const std::string connection_field = "Connection: Upgrade\r\n";
const std::string accept_field = "Sec-WebSocket-Accept: {accept}\r\n";
const std::string good_fields = upgrade_field + connection_field + accept_field;

std::string mute(Opcode, const std::string&) { return {}; }

ExchangeResult run_row(const Row& row, std::size_t cut_at, std::size_t largest_read, std::size_t* said = nullptr) {
  WebSocketServer server;
  server.handshake = row.answer;
  if (row.manners == Manners::mute || row.manners == Manners::hangs_up) server.on_frame = mute;
  if (row.manners == Manners::never_closing) server.on_frame = WebSocketServer::never_closing;
  Peer peer;
  peer.ending = row.ending;
  peer.cut_at = cut_at;
  peer.largest_read = largest_read;
  peer.on_write = [&server, &row](Peer& self, std::string_view written) {
    self.say(server.answer(written));
    if (row.manners == Manners::hangs_up && server.close_received) self.ending = Ending::end;
  };
  UpgradeSpec spec = upgrade();
  spec.session_limits.message_bytes = 100'000;
  spec.session_limits.input_bytes = 200'000;
  spec.session_limits.frames = 100;
  switch (row.asked) {
    case Asked::nothing: break;
    case Asked::ping: spec.session.pings = 1; break;
    case Asked::message: spec.session.messages.push_back({Text("hello"), ExpectText{"echo hello"}}); break;
    case Asked::hold: spec.session.hold = std::chrono::milliseconds(20); break;
  }
  const ExchangeResult result = run_upgrade(peer, std::move(spec));
  if (said != nullptr) *said = peer.said;
  return result;
}

class HostilePeer : public testing::TestWithParam<Row> {};

TEST_P(HostilePeer, HasTheOutcomeOfItsRowAtEverySplit) {
  const Row& row = GetParam();
  std::size_t said = 0;
  const ExchangeResult whole = run_row(row, Peer::unlimited, Peer::unlimited, &said);
  EXPECT_EQ(ending_of(whole.outcome), row.expected);
  const std::size_t step = said < 1000 ? 1 : said / 200;
  for (std::size_t cut = 0; cut <= said; cut += step) {
    ASSERT_EQ(digest_of(run_row(row, cut, Peer::unlimited)), digest_of(whole)) << "cut after " << cut;
  }
  if (said > 5000) return;
  EXPECT_EQ(digest_of(run_row(row, Peer::unlimited, 1)), digest_of(whole)) << "one byte at a time";
}

std::string named(const testing::TestParamInfo<Row>& row) { return row.param.name; }

// The answer to the request.
INSTANTIATE_TEST_SUITE_P(
    Handshake, HostilePeer,
    testing::Values(
        Row{"silence", "", Asked::nothing, "first_byte timeout_first_byte"},
        Row{"end", "", Asked::nothing, "first_byte closed_before_response", Manners::mute, Ending::end},
        Row{"reset", "", Asked::nothing, "first_byte reset_before_response", Manners::mute, Ending::reset},
        Row{"end_in_the_head", "HTTP/1.1 101 Swi", Asked::nothing, "response closed_in_head", Manners::mute,
            Ending::end},
        Row{"reset_in_the_head", "HTTP/1.1 101 Swi", Asked::nothing, "response reset_in_head", Manners::mute,
            Ending::reset},
        Row{"silence_in_the_head", "HTTP/1.1 101 Switching Protocols\r\nUpgr", Asked::nothing,
            "response timeout_response"},
        Row{"field_without_a_colon", switching(good_fields + "Upgr\r\n"), Asked::nothing, "response bad_header"},
        Row{"tls_alert", std::string("\x15\x03\x03\x00\x02\x02\x28", 7), Asked::nothing, "response not_http"},
        Row{"http_0_9", "<html>hello</html>", Asked::nothing, "response not_http"},
        Row{"http_2", std::string("\0\0\x12\x04\0\0\0\0\0", 9), Asked::nothing, "response not_http"},
        Row{"icy", "ICY 101 OK\r\n\r\n", Asked::nothing, "response not_http"},
        Row{"later_version", "HTTP/2.0 101 OK\r\n" + good_fields + "\r\n", Asked::nothing,
            "response http_version_unsupported"},
        Row{"earlier_version", "HTTP/1.0 101 OK\r\n" + good_fields + "\r\n", Asked::nothing,
            "upgrade http_version_unsupported"},
        Row{"accept_missing", switching(upgrade_field + connection_field), Asked::nothing, "upgrade accept_missing"},
        Row{"accept_wrong", switching(upgrade_field + connection_field + "Sec-WebSocket-Accept: AAAA\r\n"),
            Asked::nothing, "upgrade accept_wrong"},
        Row{"accept_repeated", switching(good_fields + accept_field), Asked::nothing, "upgrade accept_repeated"},
        Row{"upgrade_missing", switching(connection_field + accept_field), Asked::nothing,
            "upgrade upgrade_header_bad"},
        Row{"upgrade_to_h2c", switching("Upgrade: h2c\r\n" + connection_field + accept_field), Asked::nothing,
            "upgrade upgrade_header_bad"},
        Row{"connection_missing", switching(upgrade_field + accept_field), Asked::nothing,
            "upgrade connection_header_bad"},
        Row{"connection_close", switching(upgrade_field + "Connection: close\r\n" + accept_field), Asked::nothing,
            "upgrade connection_header_bad"},
        Row{"subprotocol_unasked", switching(good_fields + "Sec-WebSocket-Protocol: chat\r\n"), Asked::nothing,
            "upgrade subprotocol_bad"},
        Row{"extension_unasked", switching(good_fields + "Sec-WebSocket-Extensions: permessage-deflate\r\n"),
            Asked::nothing, "upgrade extension_bad"},
        Row{"body_on_switch", switching(good_fields + "Content-Length: 3\r\n") + "abc", Asked::nothing,
            "upgrade body_on_switch"},
        Row{"endless_interim",
            [] {
              std::string answer;
              for (int count = 0; count < 20; ++count) answer += "HTTP/1.1 100 Continue\r\n\r\n";
              return answer;
            }(),
            Asked::nothing, "response too_many_interim"},
        Row{"page_instead", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>",
            Asked::nothing, "rejected by response"},
        Row{"refusal_without_a_reason_phrase", "HTTP/1.1 403 \r\nContent-Length: 0\r\n\r\n", Asked::nothing,
            "rejected by response"},
        Row{"refusal_until_close", "HTTP/1.1 403 Forbidden\r\n\r\nno", Asked::nothing, "rejected by response",
            Manners::mute, Ending::end},
        Row{"refusal_cut", "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nno", Asked::nothing,
            "response closed_in_body", Manners::mute, Ending::end},
        Row{"refusal_that_hangs", "HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\nno", Asked::nothing,
            "response timeout_response"}),
    named);

// After the 101, whatever is asked. A ping waits for its pong and sees everything that comes before it.
INSTANTIATE_TEST_SUITE_P(
    Frames, HostilePeer,
    testing::Values(
        Row{"masked", accepted(std::string("\x81\x81xxxxX", 7)), Asked::ping, "message frame_masked"},
        Row{"reserved_bits", accepted(raw_frame(0xC1, "x")), Asked::ping, "message frame_reserved_bits"},
        Row{"reserved_opcode", accepted(raw_frame(0x83, "x")), Asked::ping, "message frame_reserved_opcode"},
        Row{"reserved_control", accepted(raw_frame(0x8B, "x")), Asked::ping, "message frame_reserved_opcode"},
        Row{"long_ping", accepted(raw_frame(0x89, std::string(126, 'x'))), Asked::ping, "message frame_bad_control"},
        Row{"fragmented_ping", accepted(raw_frame(0x09, "x")), Asked::ping, "message frame_bad_control"},
        Row{"stray_continuation", accepted(raw_frame(0x80, "x")), Asked::ping, "message frame_bad_continuation"},
        Row{"interrupted_message", accepted(raw_frame(0x01, "x") + frame(Opcode::text, "y")), Asked::ping,
            "message frame_bad_continuation"},
        Row{"bad_utf8", accepted(frame(Opcode::text, "\xff")), Asked::ping, "message frame_bad_utf8"},
        Row{"bad_utf8_across_fragments", accepted(raw_frame(0x01, "\xe2\x82") + raw_frame(0x80, "x")), Asked::ping,
            "message frame_bad_utf8"},
        Row{"length_not_shortest", accepted(std::string("\x81\x7e\x00\x01x", 5)), Asked::ping,
            "message frame_bad_length"},
        Row{"gigabyte_announced", accepted(std::string("\x82\x7f\0\0\0\0\x40\0\0\0", 10)), Asked::ping,
            "message message_too_large"},
        Row{"close_of_one_byte", accepted(frame(Opcode::close, "x")), Asked::ping, "message frame_bad_close"},
        Row{"close_1005", accepted(close_frame(1005)), Asked::ping, "message frame_bad_close"},
        Row{"close_999", accepted(close_frame(999)), Asked::ping, "message frame_bad_close"},
        Row{"close_reason_no_utf8", accepted(close_frame(1000, "\xff")), Asked::ping, "message frame_bad_close"},
        Row{"endless_empty_fragments",
            accepted(raw_frame(0x01, "") +
                     [] {
                       std::string fragments;
                       for (int count = 0; count < 200; ++count) fragments += raw_frame(0x00, "");
                       return fragments;
                     }()),
            Asked::ping, "message session_input_limit"},
        Row{"endless_messages", accepted([] {
              std::string messages;
              for (int count = 0; count < 300; ++count) messages += frame(Opcode::text, std::string(1000, 'x'));
              return messages;
            }()),
            Asked::message, "message session_input_limit"},
        Row{"garbage_instead_of_the_echo", accepted(raw_frame(0x83, "x")), Asked::nothing,
            "close frame_reserved_opcode"}),
    named);

// How it ends.
INSTANTIATE_TEST_SUITE_P(
    Endings, HostilePeer,
    testing::Values(
        Row{"no_pong", accepted(""), Asked::ping, "message timeout_message"},
        Row{"no_message", accepted(""), Asked::message, "message timeout_message"},
        Row{"other_messages_only", accepted(frame(Opcode::text, "news")), Asked::message, "message timeout_message"},
        Row{"end_instead_of_pong", accepted(""), Asked::ping, "message closed_without_close_frame", Manners::mute,
            Ending::end},
        Row{"reset_instead_of_pong", accepted(""), Asked::ping, "message reset_in_session", Manners::mute,
            Ending::reset},
        Row{"truncated_instead_of_pong", accepted(""), Asked::ping, "message closed_without_close_frame", Manners::mute,
            Ending::truncated},
        Row{"end_inside_a_message", accepted(raw_frame(0x01, "x")), Asked::ping, "message closed_without_close_frame",
            Manners::mute, Ending::end},
        Row{"end_in_the_hold", accepted(""), Asked::hold, "message closed_without_close_frame", Manners::mute,
            Ending::end},
        Row{"reset_in_the_hold", accepted(""), Asked::hold, "message reset_in_session", Manners::mute, Ending::reset},
        Row{"refused_before_the_pong", accepted(close_frame(4401, "no")), Asked::ping, "rejected by close"},
        Row{"refused_before_the_message", accepted(frame(Opcode::text, "news") + close_frame(1008)), Asked::message,
            "rejected by close"},
        Row{"refused_in_the_hold", accepted(close_frame(3000)), Asked::hold, "rejected by close"},
        Row{"refused_with_an_error", accepted(close_frame(1011)), Asked::hold, "rejected by close"},
        Row{"refused_at_once", accepted(close_frame(4401)), Asked::nothing, "rejected by close"},
        Row{"refused_at_once_and_ended", accepted(close_frame(4401)), Asked::nothing, "rejected by close",
            Manners::mute, Ending::end},
        Row{"closed_politely_before_the_pong", accepted(close_frame(1000)), Asked::ping, "message closed_early"},
        Row{"going_away_in_the_hold", accepted(close_frame(1001)), Asked::hold, "message closed_early"},
        Row{"closed_without_a_code_in_the_hold", accepted(frame(Opcode::close, "")), Asked::hold,
            "message closed_early"},
        Row{"too_big_in_the_hold", accepted(close_frame(1009)), Asked::hold, "message closed_early"},
        Row{"closed_politely_with_nothing_asked", accepted(close_frame(1001)), Asked::nothing, "completed"},
        Row{"closed_without_a_code_with_nothing_asked", accepted(frame(Opcode::close, "")), Asked::nothing,
            "completed"},
        Row{"no_echo_with_nothing_asked", accepted(""), Asked::nothing, "completed"},
        Row{"no_echo_after_a_pong", accepted(""), Asked::ping, "completed", Manners::never_closing},
        Row{"news_instead_of_the_echo", accepted(frame(Opcode::text, "news")), Asked::nothing, "completed"},
        Row{"end_with_nothing_asked", accepted(""), Asked::nothing, "close closed_without_close_frame", Manners::mute,
            Ending::end},
        Row{"reset_with_nothing_asked", accepted(""), Asked::nothing, "close reset_in_session", Manners::mute,
            Ending::reset},
        Row{"hangs_up_after_a_hold", accepted(""), Asked::hold, "completed", Manners::hangs_up},
        Row{"polite_ping", accepted(""), Asked::ping, "completed", Manners::polite},
        Row{"polite_message", accepted(""), Asked::message, "completed", Manners::polite},
        Row{"polite_hold", accepted(frame(Opcode::ping, "you?")), Asked::hold, "completed", Manners::polite}),
    named);

/// What comes in the same read as the close frame is seen; what comes later is never read.
TEST(DataAfterClose, IsNamed) {
  for (const Asked asked : {Asked::nothing, Asked::hold}) {
    const Row row{"", accepted(close_frame(4401) + frame(Opcode::text, "x")), asked, "", Manners::mute};
    const ExchangeResult result = run_row(row, Peer::unlimited, Peer::unlimited);
    EXPECT_EQ(ending_of(result.outcome), "close data_after_close");
    EXPECT_EQ(result.evidence.session->close->code, 4401);
  }
}

}  // namespace
}  // namespace wsprobe::exchange::test
