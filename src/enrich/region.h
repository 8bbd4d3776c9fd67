#pragma once

#include <array>
#include <string_view>

namespace weir::enrich {

inline constexpr std::string_view kAmericas = "amer";
inline constexpr std::string_view kRestOfTheWorld = "emeaApac";

// Which region a country belongs to. Immutable.
class Regions {
 public:
  // `tsv` is a file of two columns with a header: country (ISO 3166 alpha-2), region (amer or
  // emeaApac). Throws UserError with `file`, line, what was found and what is allowed.
  Regions(std::string_view tsv, std::string_view file);

  // emeaApac for a country that the table lacks, and the unknown one: the stricter law applies.
  std::string_view Of(std::string_view country) const;

 private:
  std::array<bool, 26UL * 26> is_american_{};
};

}  // namespace weir::enrich
