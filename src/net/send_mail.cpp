#include "net/send_mail.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "net/transfer.h"

namespace weir::net {
namespace {

// One line of ASCII, so that no header can begin within it.
std::string HeaderText(std::string_view text) {
  std::string line(text);
  std::ranges::replace_if(
      line, [](unsigned char letter) { return letter < 0x20 || letter > 0x7E; }, '?');
  return line;
}

std::string DateOf(Micros time) {
  constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  constexpr Micros kSecond = 1'000'000;
  const std::tm parts = fmt::gmtime(static_cast<std::time_t>(time / kSecond));
  return fmt::format("{}, {} {} {} {:02}:{:02}:{:02} +0000",
                     kDays.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                     kMonths.at(static_cast<std::size_t>(parts.tm_mon)), parts.tm_year + 1900,
                     parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string WithLineEnds(std::string_view text) {
  std::string lines;
  for (const char letter : text) {
    if (letter != '\r') {
      lines += letter == '\n' ? "\r\n" : std::string(1, letter);
    }
  }
  return lines;
}

std::string Address(const std::string& address) { return "<" + HeaderText(address) + ">"; }

}  // namespace

std::string MessageOf(const Mail& mail) {
  std::string message =
      fmt::format("From: {}\r\nTo: {}\r\nSubject: {}\r\nDate: {}\r\n", HeaderText(mail.from),
                  HeaderText(fmt::format("{}", fmt::join(mail.to, ", "))), HeaderText(mail.subject),
                  DateOf(mail.sent));
  if (!mail.identity.empty()) {
    message += fmt::format("Message-ID: <{}@weir>\r\n", HeaderText(mail.identity));
  }
  message +=
      "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\n";
  return message + WithLineEnds(mail.text) + "\r\n";
}

void SendMail(const Mail& mail) {
  Transfer transfer({.url = mail.server, .protocols = "smtp,smtps", .time_limit = mail.time_limit});
  TextList to;
  for (const std::string& address : mail.to) {
    to.Add(Address(address));
  }
  const std::string from = Address(mail.from);
  transfer.Set(CURLOPT_MAIL_FROM, from.c_str());
  transfer.Set(CURLOPT_MAIL_RCPT, to.get());
  transfer.Set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_TRY));
  if (!mail.user.empty()) {
    transfer.Set(CURLOPT_USERNAME, mail.user.c_str());
    transfer.Set(CURLOPT_PASSWORD, mail.password.c_str());
  }
  transfer.Upload(MessageOf(mail));
  transfer.Run();
}

}  // namespace weir::net
