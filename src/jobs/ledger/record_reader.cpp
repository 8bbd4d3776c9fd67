#include "jobs/ledger/record_reader.h"

#include <concepts>
#include <optional>
#include <utility>

#include <simdjson.h>

#include "base/error.h"
#include "jobs/ledger/record_fields.h"

namespace weir::jobs {
namespace {

namespace dom = simdjson::dom;

// Fields that the object lacks are empty, 0 or false. They are looked for in the order in which
// they are written, so that each costs one look; Read() finds out if they stand in another.
class Reader {
 public:
  // Reads the fields of `record` from those of `object`, but the first `skipped`.
  template <typename Record>
  static void Read(const dom::object& object, int skipped, Record& record) {
    Reader ordered(object);
    for (int i = 0; i < skipped && ordered.next_ != object.end(); ++i) {
      ++ordered.next_;
    }
    VisitFields(record, ordered);
    if (ordered.next_ != object.end() || !ordered.is_complete_) {
      Reader searching(object);
      searching.is_ordered_ = false;
      VisitFields(record, searching);
    }
  }

  void operator()(const char* name, std::string& text) {
    std::string_view found;
    text = Find(name, found) ? std::string(found) : std::string();
  }
  void operator()(const char* name, RunState& state) {
    std::string_view found;
    if (Find(name, found) || !is_ordered_) {
      state = ParseRunState(found);
    } else {
      is_complete_ = false;  // it must be there
    }
  }
  void operator()(const char* name, bool& flag) {
    flag = false;
    Find(name, flag);
  }
  void operator()(const char* name, double& number) {
    number = 0;
    Find(name, number);
  }
  void operator()(const char* name, std::uint64_t& number) {
    number = 0;
    Find(name, number);
  }
  template <std::signed_integral Number>
  void operator()(const char* name, Number& number) {
    std::int64_t found = 0;
    Find(name, found);
    number = static_cast<Number>(found);
  }
  void operator()(const char* name, std::optional<std::int64_t>& number) {
    std::int64_t found = 0;
    number = Find(name, found) ? std::optional(found) : std::nullopt;
  }
  void operator()(const char* name, std::vector<std::string>& texts) {
    texts.clear();
    dom::array array;
    if (Find(name, array)) {
      for (const std::string_view text : array) {
        texts.emplace_back(text);
      }
    }
  }
  template <typename Record>
  void operator()(const char* name, std::vector<Record>& records) {
    records.clear();
    dom::array array;
    if (Find(name, array)) {
      for (const dom::object part : array) {
        Read(part, 0, records.emplace_back());
      }
    }
  }
  void operator()(const char* name, ProcessIdentity& process) {
    dom::object part;
    if (Find(name, part)) {
      Read(part, 0, process);
    }
  }

 private:
  explicit Reader(const dom::object& object) : object_(object), next_(object.begin()) {}

  // False if there is none; throws for one of another type.
  template <typename Value>
  bool Find(std::string_view name, Value& value) {
    if (!is_ordered_) {
      const auto error = object_.at_key(name).get(value);
      return error != simdjson::NO_SUCH_FIELD && Check(error);
    }
    if (next_ == object_.end() || next_.key() != name) {
      return false;
    }
    Check(next_.value().get(value));
    ++next_;
    return true;
  }

  static bool Check(simdjson::error_code error) {
    if (error != simdjson::SUCCESS) {
      throw simdjson::simdjson_error(error);
    }
    return true;
  }

  const dom::object& object_;
  dom::object::iterator next_;
  bool is_ordered_ = true;
  bool is_complete_ = true;
};

}  // namespace

struct RecordReader::State {
  dom::parser parser;
};

RecordReader::RecordReader() : state_(std::make_unique<State>()) {}
RecordReader::~RecordReader() = default;

RunRecord RecordReader::Read(std::string_view json, const std::string& object) {
  try {
    const dom::object fields = state_->parser.parse(json.data(), json.size());
    const std::int64_t format = fields["format"];
    if (format > kRecordFormat) {
      throw UserError("{}: the run record has format {}, this weir knows {}; use a newer weir",
                      object, format, kRecordFormat);
    }
    RunRecord record;
    Reader::Read(fields, 2, record);  // "format" and "run"
    if (record.key.job.empty() || record.attempt < 1 || record.key.generation < 1) {
      throw UserError("{}: the run record is corrupt: it names no run", object);
    }
    return record;
  } catch (const simdjson::simdjson_error& error) {
    throw UserError("{}: the run record is corrupt: {}", object, error.what());
  }
}

}  // namespace weir::jobs
