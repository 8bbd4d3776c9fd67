#pragma once

#include <string_view>

namespace weir::enrich {

// desktop, phone, tablet, tv, console, bot or other. The first that holds decides:
//   bot      the device family is Spider
//   other    the header names a watch, a speaker or a headset
//   tv       the OS is one of television sets, or the header names a set or a box for one
//   console  the header names a PlayStation, an Xbox or a Nintendo
//   tablet   the header or the device family names one (iPad, Kindle, Tablet, but not the "Tablet
//            PC" of Windows), the OS runs on tablets alone, or it is a browser on Android without
//            the word Mobile, by which phones tell themselves apart
//   phone    the OS runs on phones (Android and iOS too, if no tablet is named), or the header or
//            the device family names a feature phone; or the header has the word Mobile and the OS
//            is none of Windows and macOS
//   desktop  the OS runs on desktops
//   other    what is left: libraries, unknown headers
// `os` and `device_family` are uap-core's families.
std::string_view DeviceType(std::string_view user_agent, std::string_view os,
                            std::string_view device_family);

}  // namespace weir::enrich
