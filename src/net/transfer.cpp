#include "net/transfer.h"

#include <algorithm>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "net/http_request.h"

namespace weir::net {
namespace {

// libcurl is set up once a process, before its first use.
void SetUp() {
  static const CURLcode kCode = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (kCode != CURLE_OK) {
    throw ExternalError("libcurl can't be set up: {}", curl_easy_strerror(kCode));
  }
}

std::string WithoutLogin(const std::string& url) {
  const auto host = url.find("://");
  const auto at = url.find('@');
  return host == std::string::npos || at == std::string::npos || at > url.find('/', host + 3)
             ? url
             : url.substr(0, host + 3) + url.substr(at + 1);
}

}  // namespace

void TextList::Add(const std::string& text) {
  curl_slist* longer = curl_slist_append(list_.get(), text.c_str());
  if (longer == nullptr) {
    throw ExternalError("libcurl has no memory left");
  }
  if (list_ == nullptr) {  // else its first one stays the same
    list_.reset(longer);
  }
}

Transfer::Transfer(const TransferOptions& options) {
  SetUp();
  handle_.reset(curl_easy_init());
  if (handle_ == nullptr) {
    throw ExternalError("libcurl has no memory left");
  }
  Begin(options);
}

void Transfer::Begin(const TransferOptions& options) {
  curl_easy_reset(handle_.get());
  url_ = WithoutLogin(options.url);
  most_of_answer_ = options.most_of_answer;
  body_.clear();
  given_ = 0;
  answer_.clear();
  headers_.clear();
  headers_end_ = !options.protocols.starts_with("http");
  status_ = 0;
  times_sent_ = 0;
  Set(CURLOPT_URL, options.url.c_str());
  Set(CURLOPT_PROTOCOLS_STR, options.protocols.c_str());
  Set(CURLOPT_TIMEOUT_MS, static_cast<long>(options.time_limit.count()));
  Set(CURLOPT_NOSIGNAL, 1L);  // other threads run
  Set(CURLOPT_WRITEFUNCTION, &Transfer::Take);
  Set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  Set(CURLOPT_HEADERFUNCTION, &Transfer::TakeHeader);
  Set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  Set(CURLOPT_PREREQFUNCTION, &Transfer::CountSent);
  Set(CURLOPT_PREREQDATA, static_cast<void*>(this));
}

void Transfer::Upload(std::string body) {
  body_ = std::move(body);
  Set(CURLOPT_UPLOAD, 1L);
  Set(CURLOPT_READFUNCTION, &Transfer::Give);
  Set(CURLOPT_READDATA, static_cast<void*>(this));
}

void Transfer::Run() {
  if (const CURLcode code = curl_easy_perform(handle_.get()); code != CURLE_OK) {
    throw NoAnswerError("{}: {}", url_, curl_easy_strerror(code));
  }
  if (!headers_end_) {  // which libcurl takes for an answer without the rest
    throw NoAnswerError("{}: the answer broke off", url_);
  }
  Check(curl_easy_getinfo(handle_.get(), CURLINFO_RESPONSE_CODE, &status_));
}

void Transfer::Check(CURLcode code) const {
  if (code != CURLE_OK) {
    throw ExternalError("{}: {}", url_, curl_easy_strerror(code));
  }
}

std::size_t Transfer::Take(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  std::string& answer = transfer.answer_;
  answer.append(data, std::min(size * count, transfer.most_of_answer_ - answer.size()));
  return size * count;
}

std::size_t Transfer::TakeHeader(char* data, std::size_t size, std::size_t count, void* self) {
  const std::string_view line(data, size * count);
  auto& transfer = *static_cast<Transfer*>(self);
  if (line.starts_with("HTTP/")) {  // perhaps one more, as after "100 Continue"
    transfer.headers_end_ = false;
  } else if (line == "\r\n" || line == "\n") {
    transfer.headers_end_ = true;
  }
  const auto colon = line.find(':');
  if (colon != std::string_view::npos) {
    transfer.headers_[LowerCase(line.substr(0, colon))] = Trimmed(line.substr(colon + 1));
  }
  return line.size();
}

int Transfer::CountSent(void* self, char* /*remote*/, char* /*local*/, int /*remote_port*/,
                        int /*local_port*/) {
  ++static_cast<Transfer*>(self)->times_sent_;
  return CURL_PREREQFUNC_OK;
}

std::size_t Transfer::Give(char* data, std::size_t size, std::size_t count, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::size_t bytes = std::min(size * count, transfer.body_.size() - transfer.given_);
  std::copy_n(transfer.body_.data() + transfer.given_, bytes, data);
  transfer.given_ += bytes;
  return bytes;
}

}  // namespace weir::net
