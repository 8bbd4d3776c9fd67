#include "enrich/device_type.h"

#include <algorithm>
#include <span>

namespace weir::enrich {
namespace {

constexpr std::string_view kTvSystems[] = {"tvOS",
                                           "ATV OS X",
                                           "Apple TV",
                                           "GoogleTV",
                                           "WebTV",
                                           "Web0S",
                                           "FireHbbTV",
                                           "Roku",
                                           "Chromecast",
                                           "Chromecast Android",
                                           "Chromecast Fuchsia",
                                           "Chromecast Linux",
                                           "Samsung",
                                           "LG",
                                           "Sony",
                                           "Panasonic",
                                           "Philips",
                                           "Toshiba",
                                           "Sharp",
                                           "VRE"};
constexpr std::string_view kTvWords[] = {
    "AppleTV", "Apple TV", "GoogleTV", "Google TV", "Android TV", "AndroidTV", "HbbTV",
    "SmartTV", "SMART-TV", "Smart-TV", "Smart TV",  "TV Safari",  "NetCast",   "NETTV",
    "NetTV",   "Web0S",    "webOS.TV", "BRAVIA",    "VIERA",      "Viera",     "InettvBrowser",
    "CrKey",   "Roku",     "; AFT",    "SonyDTV",   "DTV",        "MIBOX",     "MiBOX"};
constexpr std::string_view kOtherWords[] = {"Apple Watch", "watchOS", "SmartSpeaker",
                                            "OculusBrowser", "; Quest"};
constexpr std::string_view kConsoleWords[] = {"PlayStation", "PLAYSTATION", "Playstation", "Xbox",
                                              "Nintendo"};
constexpr std::string_view kTabletSystems[] = {"BlackBerry Tablet OS", "WeTab", "Kindle"};
constexpr std::string_view kTabletWords[] = {"iPad",     "Kindle", "PlayBook",
                                             "TouchPad", "Tablet", "tablet"};
constexpr std::string_view kPhoneSystems[] = {"Android",
                                              "iOS",
                                              "Windows Phone",
                                              "Windows Mobile",
                                              "BlackBerry OS",
                                              "Firefox OS",
                                              "KaiOS",
                                              "Bada",
                                              "Brew MP",
                                              "BREW",
                                              "Nokia Series 40",
                                              "Maemo",
                                              "Nokia Series 30 Plus",
                                              "MeeGo",
                                              "Sailfish",
                                              "webOS",
                                              "Tizen",
                                              "HarmonyOS"};
constexpr std::string_view kPhoneFamilies[] = {"Generic Smartphone", "Generic Feature Phone"};
constexpr std::string_view kPhoneWords[] = {"MIDP", "J2ME", "Opera Mini", "UP.Browser", "DoCoMo/"};
constexpr std::string_view kDesktopSystems[] = {
    "Windows",    "Mac OS X",   "Mac OS",  "Linux",     "Chrome OS", "Ubuntu",
    "Kubuntu",    "Debian",     "Fedora",  "Gentoo",    "Red Hat",   "Mandriva",
    "Linux Mint", "FreeBSD",    "OpenBSD", "NetBSD",    "BSD",       "Solaris",
    "SUSE",       "Arch Linux", "CentOS",  "Slackware", "SerenityOS"};

bool IsOneOf(std::string_view text, std::span<const std::string_view> texts) {
  return std::ranges::find(texts, text) != texts.end();
}

bool Has(std::string_view text, std::string_view word) {
  return text.find(word) != std::string_view::npos;
}

bool HasOneOf(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::any_of(words, [&](std::string_view word) { return Has(text, word); });
}

bool IsTablet(std::string_view user_agent, std::string_view os, std::string_view device_family) {
  if (IsOneOf(os, kTabletSystems) || HasOneOf(device_family, kTabletWords)) {
    return true;
  }
  if (os != "Windows" && HasOneOf(user_agent, kTabletWords)) {
    return true;
  }
  const bool is_browser = Has(user_agent, "AppleWebKit") || Has(user_agent, "Gecko/");
  return os == "Android" && is_browser && !Has(user_agent, "Mobi");
}

bool IsPhone(std::string_view user_agent, std::string_view os, std::string_view device_family) {
  const bool is_computer = os == "Windows" || os == "Mac OS X" || os == "Mac OS";
  return IsOneOf(os, kPhoneSystems) || os.starts_with("Symbian") ||
         IsOneOf(device_family, kPhoneFamilies) || HasOneOf(user_agent, kPhoneWords) ||
         (!is_computer && Has(user_agent, "Mobile"));
}

}  // namespace

std::string_view DeviceType(std::string_view user_agent, std::string_view os,
                            std::string_view device_family) {
  if (device_family == "Spider") {
    return "bot";
  }
  if (HasOneOf(user_agent, kOtherWords)) {
    return "other";
  }
  if (IsOneOf(os, kTvSystems) || HasOneOf(user_agent, kTvWords)) {
    return "tv";
  }
  if (HasOneOf(user_agent, kConsoleWords)) {
    return "console";
  }
  if (IsTablet(user_agent, os, device_family)) {
    return "tablet";
  }
  if (IsPhone(user_agent, os, device_family)) {
    return "phone";
  }
  return IsOneOf(os, kDesktopSystems) ? "desktop" : "other";
}

}  // namespace weir::enrich
