// The servers of tests/jobs/alerts_test.py answer real transfers; here is what needs none.
#include <string>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "base/error.h"
#include "net/http_client.h"
#include "net/http_post.h"
#include "net/http_request.h"
#include "net/http_server.h"
#include "net/origin.h"
#include "net/send_mail.h"
#include "net/test_http_server.h"

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

TEST(IsOfOneOrigin, ComparesSchemeHostAndPort) {
  const std::string api = "http://127.0.0.1:4711";
  EXPECT_TRUE(IsOfOneOrigin("http://127.0.0.1:4711/upload/1?a=b", api));
  EXPECT_TRUE(IsOfOneOrigin("https://API.example:443/x", "https://api.example"));
  for (const char* other :
       {"http://127.0.0.1:47110/upload", "https://127.0.0.1:4711/", "http://127.0.0.1/",
        "http://127.0.0.1:4711@evil.example/", "http://127.0.0.1:4711.evil.example/", "", "x y"}) {
    EXPECT_FALSE(IsOfOneOrigin(other, api)) << other;
  }
  EXPECT_FALSE(IsOfOneOrigin("", ""));
}

TEST(Ask, NamesTheServerThatIsNotThere) {
  try {
    Ask({.method = "PUT", .url = "http://user:hush@127.0.0.1:1/x", .body = "bytes"});
    FAIL();
  } catch (const ExternalError& problem) {
    EXPECT_EQ(std::string(problem.what()), "http://127.0.0.1:1/x: Couldn't connect to server");
  }
}

// Gives the first bytes of an answer and closes.
class BrokenServer final : public TestHttpServer {
 public:
  explicit BrokenServer(std::string answer) : answer_(std::move(answer)) { Start(); }
  ~BrokenServer() override { Stop(); }

 private:
  std::string Answer(const std::string& /*request*/) override { return answer_; }

  std::string answer_;
};

TEST(Ask, TakesNoAnswerThatBrokeOff) {
  const std::string whole =
      "HTTP/1.1 100 Continue\r\n\r\n"
      "HTTP/1.1 200 OK\r\nETag: \"abc\"\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const BrokenServer server(whole.substr(0, length));
    EXPECT_THROW(HttpClient().Ask({.method = "PUT", .url = server.endpoint(), .body = "bytes"}),
                 NoAnswerError)
        << length;
  }
  const BrokenServer server(whole);
  const HttpAnswer answer = HttpClient().Ask({.method = "PUT", .url = server.endpoint()});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "hello");
  EXPECT_EQ(answer.headers.at("etag"), "\"abc\"");
}

TEST(Post, RefusesOtherProtocols) {
  EXPECT_THROW(Post({.url = "file:///etc/passwd", .body = "{}"}), ExternalError);
}

TEST(HttpServer, AnswersUntilAStop) {
  HttpServer server(0, 1000, [](const ServerRequest& request) -> ServerAnswer {
    if (request.path == "/fails") {
      throw UserError("it can't be done");
    }
    return {.status = 201,
            .body = request.method + " " + request.path + " " + request.query.at("a") + " " +
                    request.bearer + " " + request.body,
            .type = "text/plain"};
  });
  std::jthread thread([&](const std::stop_token& stop) { server.Run(stop); });
  const std::string url = "http://127.0.0.1:" + std::to_string(server.port());

  const HttpAnswer answer =
      Ask({.method = "POST",
           .url = url + "/x%20y?a=b%26c",
           .headers = {"Authorization: Bearer hush", "Content-Type: application/octet-stream"},
           .body = "bytes"});
  EXPECT_EQ(answer.status, 201);
  EXPECT_EQ(answer.body, "POST /x y b&c hush bytes");
  const HttpAnswer failed = Ask({.url = url + "/fails"});
  EXPECT_EQ(failed.status, 500);
  EXPECT_EQ(failed.body, "it can't be done");
  EXPECT_EQ(Ask({.method = "POST", .url = url + "/x", .body = std::string(1001, 'x')}).status, 413);

  thread.request_stop();
  thread.join();
  EXPECT_THROW(Ask({.url = url + "/x"}), ExternalError);
}

// RFC 9110 §5.3, RFC 9113 §8.2.3 and RFC 9110 §11.1.
TEST(HttpServer, JoinsLinesOfOneHeaderAndTakesASchemeInAnyCase) {
  HttpServer server(0, 1000, [](const ServerRequest& request) -> ServerAnswer {
    return {.status = 200,
            .body = request.Header("x-forwarded-for") + "|" + request.Header("cookie") + "|" +
                    request.bearer,
            .type = "text/plain"};
  });
  const std::jthread thread([&](const std::stop_token& stop) { server.Run(stop); });
  const auto told = [&](std::vector<std::string> headers) {
    return Ask({.url = "http://127.0.0.1:" + std::to_string(server.port()),
                .headers = std::move(headers)})
        .body;
  };

  EXPECT_EQ(told({"X-Forwarded-For: 8.8.8.8", "x-forwarded-for: 10.0.0.5", "Cookie: a=1",
                  "Cookie: b=2", "Authorization: bearer hush"}),
            "8.8.8.8, 10.0.0.5|a=1; b=2|hush");
  EXPECT_EQ(told({"Authorization: BEARER  hush"}), "||hush");
  EXPECT_EQ(told({"Authorization: Basic hush"}), "||");
}

TEST(HttpServer, NamesAHostThatHasNoAddress) {
  try {
    const HttpServer server(ServerOptions{.host = "nosuch.invalid"},  // RFC 6761: never has one
                            [](const ServerRequest&) { return ServerAnswer{}; });
    FAIL();
  } catch (const UserError& problem) {
    EXPECT_TRUE(std::string(problem.what()).starts_with("host 'nosuch.invalid' has no address: "))
        << problem.what();
  }
}

TEST(HttpServer, NamesAPortThatIsTaken) {
  const HttpServer first(0, 1000, [](const ServerRequest&) { return ServerAnswer{}; });
  try {
    const HttpServer second(first.port(), 1000,
                            [](const ServerRequest&) { return ServerAnswer{}; });
    FAIL();
  } catch (const ExternalError& problem) {
    EXPECT_EQ(std::string(problem.what()), "port " + std::to_string(first.port()) +
                                               " of 127.0.0.1 can't be had; another program may "
                                               "have it");
  }
}

}  // namespace
}  // namespace weir::net
