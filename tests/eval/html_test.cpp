#include "eval/report/html.hpp"

#include <gtest/gtest.h>

#include <span>

namespace zoetrope {
namespace {

TEST(Html, EscapesAndEncodes) {
  EXPECT_EQ(escaped("<a href=\"x\">&'\x02\xC3\xA9\xC3"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#39;\xEF\xBF\xBD\xC3\xA9\xEF\xBF\xBD");
  const auto encoded = [](std::string_view text) { return base64(std::as_bytes(std::span(text))); };
  EXPECT_EQ(encoded(""), "");  // RFC 4648, section 10
  EXPECT_EQ(encoded("f"), "Zg==");
  EXPECT_EQ(encoded("fo"), "Zm8=");
  EXPECT_EQ(encoded("foobar"), "Zm9vYmFy");
}

}  // namespace
}  // namespace zoetrope
