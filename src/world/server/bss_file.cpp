#include "world/server/bss_file.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include <avro.h>
#include <fmt/format.h>
#include <zlib.h>

namespace weir::world {
namespace {

constexpr std::size_t kMostSegments = 1800;
constexpr std::int64_t kMostMinutes = 259'200;  // 180 days
constexpr std::int64_t kMostInt = 2147483647;
// Domains of user ids, as Xandr numbers them; in the order of the Avro schema's enum.
constexpr std::array<std::string_view, 7> kDomains = {"3", "4", "5", "7", "8", "9", "10"};

// Splits at a character; an empty text has one part.
std::vector<std::string_view> Parts(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(at + 1);
  }
}

std::optional<std::int64_t> Number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty()
             ? std::optional(number)
             : std::nullopt;
}

bool IsUserNumber(std::string_view text) {
  return !text.empty() && text.size() <= 20 && text[0] != '0' &&
         std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

// Faults that both formats have.
std::string FaultOf(const ReadSegment& segment, std::int64_t least_expiration) {
  if (segment.id == 0 && segment.code.empty()) {
    return "segment has neither id nor code";
  }
  if (segment.id < 0 || segment.id > kMostInt) {
    return fmt::format("segment id {} out of range", segment.id);
  }
  if (!segment.code.empty() && segment.member_id == 0) {
    return fmt::format("code {} without member_id", segment.code);
  }
  if (segment.expiration < least_expiration || segment.expiration > kMostMinutes) {
    return fmt::format("expiration {} out of range", segment.expiration);
  }
  if (segment.value < 0 || segment.value > kMostInt) {
    return fmt::format("value {} out of range", segment.value);
  }
  return "";
}

// Text files are Latin-1; what is kept and answered is UTF-8.
std::string FromLatin1(std::string_view text) {
  std::string utf8;
  utf8.reserve(text.size());
  for (const char letter : text) {
    const auto byte = static_cast<unsigned char>(letter);
    constexpr unsigned kFirstOfTwo = 0x80;
    if (byte < kFirstOfTwo) {
      utf8 += letter;
    } else {
      utf8 += static_cast<char>(0xC0U | (byte >> 6U));
      utf8 += static_cast<char>(kFirstOfTwo | (byte & 0x3FU));
    }
  }
  return utf8;
}

class LineReader {
 public:
  LineReader(std::string_view line, const TextRules& rules) : rules_(rules), rest_(line) {}

  ReadUser Read() {
    ReadUser user;
    const std::string domain = TakeDomain();
    const std::size_t end = rest_.find(Separator(0));
    if (end == std::string_view::npos || end == 0 || end + 1 == rest_.size()) {
      user.fault = "no user or no segments";
      return user;
    }
    user.uid = FromLatin1(rest_.substr(0, end)) + (domain.empty() ? "" : "^" + domain);
    if (domain.empty() && !IsUserNumber(user.uid)) {
      user.fault = fmt::format("user {} isn't a number", user.uid);
      user.is_user_fault = true;
      return user;
    }
    rest_.remove_prefix(end + 1);
    AddSegments(user);
    if (fault_.empty() && user.segments.size() > kMostSegments) {
      fault_ = fmt::format("{} segments in a line", user.segments.size());
    }
    user.fault = fault_;
    return user;
  }

 private:
  char Separator(std::size_t place) const {
    return place < rules_.separators.size() ? rules_.separators[place] : '\0';
  }

  // "8" of "…^8"; what isn't known is a fault.
  std::string TakeDomain() {
    const std::size_t at = rest_.rfind(Separator(4));
    if (at == std::string_view::npos) {
      return "";
    }
    const std::string domain(rest_.substr(at + 1));
    rest_ = rest_.substr(0, at);
    if (std::ranges::find(kDomains, domain) == kDomains.end()) {
      fault_ = fmt::format("unknown domain {}", domain);
    }
    return domain;
  }

  void AddSegments(ReadUser& user) {
    const std::size_t removals = rest_.find(Separator(3));
    Add(rest_.substr(0, removals), false, user);
    if (removals != std::string_view::npos) {
      Add(rest_.substr(removals + 1), true, user);
      if (removals + 1 == rest_.size()) {
        fault_ = "no segments behind the separator of removals";
      }
    }
  }

  void Add(std::string_view list, bool removed, ReadUser& user) {
    if (list.empty()) {
      return;
    }
    for (const std::string_view part : Parts(list, Separator(1))) {
      ReadSegment segment = SegmentOf(part);
      segment.expiration = removed ? -1 : segment.expiration;
      const std::string fault = FaultOf(segment, -1);
      fault_ = fault_.empty() ? fault : fault_;
      user.segments.push_back(std::move(segment));
    }
  }

  ReadSegment SegmentOf(std::string_view text) {
    ReadSegment segment;
    const auto cells = Parts(text, Separator(2));
    if (cells.size() != rules_.fields.size()) {
      fault_ = fmt::format("segment '{}' has {} fields", text, cells.size());
      return segment;
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      Fill(rules_.fields[i], cells[i], segment);
    }
    return segment;
  }

  void Fill(const std::string& field, std::string_view cell, ReadSegment& segment) {
    if (field == "SEG_CODE") {
      segment.code = cell;
      return;
    }
    const auto number = Number(cell);
    if (!number) {
      fault_ = fmt::format("{} '{}' isn't a number", field, cell);
      return;
    }
    std::int64_t& place = field == "SEG_ID"       ? segment.id
                          : field == "EXPIRATION" ? segment.expiration
                          : field == "TIMESTAMP"  ? segment.timestamp
                          : field == "VALUE"      ? segment.value
                                                  : segment.member_id;
    place = *number;
  }

  const TextRules& rules_;
  std::string_view rest_;
  std::string fault_;
};

// Nothing for what isn't gzip, whole.
std::optional<std::string> Unzipped(std::string bytes) {
  z_stream stream{};
  constexpr int kGzip = 16 + MAX_WBITS;
  if (inflateInit2(&stream, kGzip) != Z_OK) {
    return std::nullopt;
  }
  std::string text;
  std::string block(1 << 18, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_in = static_cast<unsigned>(bytes.size());
  int code = Z_OK;
  while (code == Z_OK) {
    stream.next_out = reinterpret_cast<Bytef*>(block.data());
    stream.avail_out = static_cast<unsigned>(block.size());
    code = inflate(&stream, Z_NO_FLUSH);
    text.append(block.data(), block.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  return code == Z_STREAM_END ? std::optional(text) : std::nullopt;
}

std::optional<std::string> ReadText(const std::string& bytes, const TextRules& rules,
                                    const UserSink& sink) {
  const auto text = Unzipped(bytes);
  if (!text) {
    return "the file isn't gzip, or isn't whole";
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    sink(ReadBssLine(rest.substr(0, end), rules));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  return std::nullopt;
}

// Throws for what another schema lacks.
avro_value_t FieldOf(const avro_value_t& record, const char* name) {
  avro_value_t field{};
  if (avro_value_get_by_name(&record, name, &field, nullptr) != 0) {
    throw std::runtime_error(fmt::format("the schema has no field {} where it belongs", name));
  }
  return field;
}

std::int64_t WholeOf(const avro_value_t& record, const char* name) {
  const avro_value_t field = FieldOf(record, name);
  std::int64_t whole = 0;
  std::int32_t small = 0;
  if (avro_value_get_int(&field, &small) == 0) {
    return small;
  }
  if (avro_value_get_long(&field, &whole) != 0) {
    throw std::runtime_error(fmt::format("field {} is no number", name));
  }
  return whole;
}

std::string WordOf(const avro_value_t& record, const char* name) {
  const avro_value_t field = FieldOf(record, name);
  const char* text = nullptr;
  std::size_t size = 0;
  if (avro_value_get_string(&field, &text, &size) != 0) {
    throw std::runtime_error(fmt::format("field {} is no text", name));
  }
  return {text, size - 1};  // without the 0 at its end
}

// A number, or a device's id with its domain; other kinds of ids are no one the service knows.
std::string UidOf(const avro_value_t& user) {
  const avro_value_t field = FieldOf(user, "uid");
  avro_value_t branch{};
  int kind = 0;
  if (avro_value_get_discriminant(&field, &kind) != 0 ||
      avro_value_get_current_branch(&field, &branch) != 0) {
    throw std::runtime_error("field uid is no union");
  }
  constexpr int kDevice = 5;
  std::int64_t number = 0;
  if (kind == 0 && avro_value_get_long(&branch, &number) == 0) {
    return fmt::to_string(number);
  }
  if (kind != kDevice) {
    return "";
  }
  const avro_value_t domain = FieldOf(branch, "domain");
  int place = 0;
  if (avro_value_get_enum(&domain, &place) != 0) {
    throw std::runtime_error("field domain is no enum");
  }
  return WordOf(branch, "id") + "^" + std::string(kDomains.at(static_cast<std::size_t>(place)));
}

ReadUser UserOf(const avro_value_t& record) {
  ReadUser user{.uid = UidOf(record), .segments = {}, .fault = {}};
  const avro_value_t segments = FieldOf(record, "segments");
  std::size_t count = 0;
  if (avro_value_get_size(&segments, &count) != 0) {
    throw std::runtime_error("field segments is no array");
  }
  for (std::size_t i = 0; i < count; ++i) {
    avro_value_t segment{};
    avro_value_get_by_index(&segments, i, &segment, nullptr);
    user.segments.push_back({.id = WholeOf(segment, "id"),
                             .code = WordOf(segment, "code"),
                             .member_id = WholeOf(segment, "member_id"),
                             .expiration = WholeOf(segment, "expiration"),
                             .timestamp = WholeOf(segment, "timestamp"),
                             .value = WholeOf(segment, "value")});
    const std::string fault = FaultOf(user.segments.back(), -2);
    user.fault = user.fault.empty() ? fault : user.fault;
  }
  user.is_user_fault = user.uid.empty() || user.uid == "0";
  user.fault = user.is_user_fault ? "user is unknown" : user.fault;
  return user;
}

// Calls a C library's way to give up what it made.
template <auto kGiveUp>
struct GivenUp {
  template <typename Thing>
  void operator()(Thing* thing) const {
    kGiveUp(thing);  // NOLINT(cppcoreguidelines-owning-memory)
  }
};

using AvroStream = std::unique_ptr<FILE, GivenUp<std::fclose>>;
using AvroReader =
    std::unique_ptr<std::remove_pointer_t<avro_file_reader_t>, GivenUp<avro_file_reader_close>>;
using AvroSchema =
    std::unique_ptr<std::remove_pointer_t<avro_schema_t>, GivenUp<avro_schema_decref>>;
constexpr auto kGiveUpShape = [](avro_value_iface_t* shape) { avro_value_iface_decref(shape); };
using AvroShape = std::unique_ptr<avro_value_iface_t, GivenUp<kGiveUpShape>>;
using AvroRecord = std::unique_ptr<avro_value_t, GivenUp<avro_value_decref>>;

std::optional<std::string> ReadAvro(const std::string& bytes, const UserSink& sink) {
  std::string copy = bytes;
  const AvroStream stream(fmemopen(copy.data(), copy.size(), "rb"));
  avro_file_reader_t opened = nullptr;
  constexpr int kLeaveOpen = 0;
  if (stream == nullptr || avro_file_reader_fp(stream.get(), "upload", kLeaveOpen, &opened) != 0) {
    return fmt::format("the file isn't Avro: {}", avro_strerror());
  }
  const AvroReader reader(opened);
  const AvroSchema schema(avro_file_reader_get_writer_schema(opened));
  const AvroShape shape(avro_generic_class_from_schema(schema.get()));
  avro_value_t value{};
  avro_generic_value_new(shape.get(), &value);
  const AvroRecord record(&value);
  int code = 0;
  try {
    while ((code = avro_file_reader_read_value(opened, &value)) == 0) {
      sink(UserOf(value));
      avro_value_reset(&value);
    }
  } catch (const std::runtime_error& problem) {
    return problem.what();
  }
  return code == EOF ? std::nullopt : std::optional<std::string>("the file is broken off");
}

}  // namespace

ReadUser ReadBssLine(std::string_view line, const TextRules& rules) {
  return LineReader(line, rules).Read();
}

std::optional<std::string> ReadBssFile(const std::string& bytes, const TextRules& rules,
                                       const UserSink& sink) {
  return bytes.starts_with("Obj\x01") ? ReadAvro(bytes, sink) : ReadText(bytes, rules, sink);
}

}  // namespace weir::world
