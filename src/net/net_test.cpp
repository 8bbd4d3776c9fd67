// The servers of tests/jobs/alerts_test.py answer real transfers; here is what needs none.
#include <gtest/gtest.h>

#include "base/error.h"
#include "net/http_post.h"
#include "net/http_request.h"
#include "net/send_mail.h"

namespace weir::net {
namespace {

TEST(MessageOf, HasHeadersAndText) {
  EXPECT_EQ(MessageOf({.server = "smtp://host",
                       .from = "weir@example.org",
                       .to = {"a@example.org", "b@example.org"},
                       .subject = "weir: sales failed",
                       .text = "first\nsecond",
                       .identity = "sales.20260105.1.1.failed",
                       .sent = 1'767'582'245'000'000}),
            "From: weir@example.org\r\nTo: a@example.org, b@example.org\r\n"
            "Subject: weir: sales failed\r\nDate: Mon, 5 Jan 2026 03:04:05 +0000\r\n"
            "Message-ID: <sales.20260105.1.1.failed@weir>\r\nMIME-Version: 1.0\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
            "first\r\nsecond\r\n");
}

TEST(MessageOf, LetsNoHeaderBeginInAnother) {
  const std::string message = MessageOf({.server = "smtp://host",
                                         .from = "weir@example.org",
                                         .to = {"a@example.org"},
                                         .subject = "x\r\nBcc: all@example.org",
                                         .text = ""});

  EXPECT_NE(message.find("Subject: x??Bcc: all@example.org\r\n"), std::string::npos) << message;
}

TEST(Post, NamesTheServerThatIsNotThere) {
  try {
    Post({.url = "http://user:hush@127.0.0.1:1/x", .body = "{}"});
    FAIL();
  } catch (const ExternalError& problem) {
    EXPECT_EQ(std::string(problem.what()), "http://127.0.0.1:1/x: Couldn't connect to server");
  }
}

TEST(Ask, NamesTheServerThatIsNotThere) {
  try {
    Ask({.method = "PUT", .url = "http://user:hush@127.0.0.1:1/x", .body = "bytes"});
    FAIL();
  } catch (const ExternalError& problem) {
    EXPECT_EQ(std::string(problem.what()), "http://127.0.0.1:1/x: Couldn't connect to server");
  }
}

TEST(Post, RefusesOtherProtocols) {
  EXPECT_THROW(Post({.url = "file:///etc/passwd", .body = "{}"}), ExternalError);
}

}  // namespace
}  // namespace weir::net
