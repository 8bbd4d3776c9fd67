#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <curl/curl.h>

namespace weir::net {

// A list of texts as libcurl takes them. Must outlive the transfer that it is given to.
class TextList {
 public:
  void Add(const std::string& text);
  curl_slist* get() const { return list_.get(); }

 private:
  struct Free {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };
  std::unique_ptr<curl_slist, Free> list_;
};

struct TransferOptions {
  std::string url;
  std::string protocols;  // that are allowed: "http,https"
  std::chrono::milliseconds time_limit{};
  std::size_t most_of_answer = 300;  // bytes of it that are kept: those that an error may quote
};

// Exchanges with servers by libcurl, one after the other: its only wrapper. One thread at a time.
class Transfer {
 public:
  explicit Transfer(const TransferOptions& options);
  // Makes it as new, but keeps the connections to servers for the next exchange.
  void Begin(const TransferOptions& options);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer() = default;

  template <typename Value>
  void Set(CURLoption option, Value value) {
    Check(curl_easy_setopt(handle_.get(), option, value));
  }
  // What is sent as the body.
  void Upload(std::string body);
  // Throws ExternalError that names the URL (without user and password) and what went wrong;
  // NoAnswerError where there is none, or not a whole one.
  void Run();

  long status() const { return status_; }                // of the answer
  int times_sent() const { return times_sent_; }         // 2 where libcurl has tried again
  const std::string& answer() const { return answer_; }  // its first bytes
  std::string TakeAnswer() { return std::move(answer_); }
  // The answer's headers: names in lower case, of several with one name the last.
  const std::map<std::string, std::string>& headers() const { return headers_; }

 private:
  struct Close {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };

  void Check(CURLcode code) const;
  static std::size_t Take(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* self);
  static int CountSent(void* self, char* remote, char* local, int remote_port, int local_port);
  static std::size_t Give(char* data, std::size_t size, std::size_t count, void* self);

  std::string url_;
  std::unique_ptr<CURL, Close> handle_;
  std::string body_;
  std::size_t given_ = 0;  // bytes of the body
  std::string answer_;
  std::map<std::string, std::string> headers_;
  bool headers_end_ = false;  // the line was seen that ends the answer's headers
  std::size_t most_of_answer_ = 0;
  long status_ = 0;
  int times_sent_ = 0;
};

}  // namespace weir::net
