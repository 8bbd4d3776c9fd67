#include "connectors/activation/xandr/xandr_files.h"

#include <cstdio>
#include <utility>

#include <avro.h>
#include <fmt/format.h>

#include "base/error.h"
#include "connectors/activation/xandr/xandr_avro.h"
#include "connectors/files/gzip_file.h"
#include "connectors/files/temporary_target.h"

namespace weir::connectors {

namespace fs = std::filesystem;

class XandrFileWriter::Sink {
 public:
  virtual ~Sink() = default;
  // The bytes of one user.
  virtual void Append(const std::string& bytes) = 0;
  // As stored so far, but for what is still in memory.
  virtual std::int64_t Size() = 0;
  virtual void Close() = 0;
};

namespace {

constexpr std::int64_t kMostOfXandrFile = 500'000'000;
constexpr std::int64_t kOneMegabyte = 1'000'000;

[[noreturn]] void CannotWrite(const fs::path& path, const std::string& why) {
  throw ExternalError("{}: it can't be written: {}", path.string(), why);
}

class GzipSink final : public XandrFileWriter::Sink {
 public:
  explicit GzipSink(const fs::path& path) : file_(path) {}

  void Append(const std::string& bytes) override { file_.Write(bytes); }
  std::int64_t Size() override { return file_.size(); }
  void Close() override { file_.Finish(); }

 private:
  GzipFile file_;
};

class AvroSink final : public XandrFileWriter::Sink {
 public:
  explicit AvroSink(const fs::path& path) : path_(path) {
    const std::string& schema = XandrAvroSchema();
    Check(avro_schema_from_json_length(schema.data(), schema.size(), &schema_));
    stream_ = std::fopen(path.c_str(), "wb");  // NOLINT(cppcoreguidelines-owning-memory): libavro's
    if (stream_ == nullptr) {
      CannotWrite(path_, "it can't be opened");
    }
    constexpr std::size_t kBlock = 262'144;
    Check(avro_file_writer_create_with_codec_fp(stream_, path.c_str(), 1, schema_, &writer_,
                                                "deflate", kBlock));
  }
  AvroSink(const AvroSink&) = delete;
  AvroSink& operator=(const AvroSink&) = delete;
  ~AvroSink() override {
    if (writer_ != nullptr) {
      avro_file_writer_close(writer_);
    }
    if (schema_ != nullptr) {
      avro_schema_decref(schema_);
    }
  }

  void Append(const std::string& bytes) override {
    Check(avro_file_writer_append_encoded(writer_, bytes.data(),
                                          static_cast<std::int64_t>(bytes.size())));
  }

  std::int64_t Size() override { return std::ftell(stream_); }

  void Close() override { Check(avro_file_writer_close(std::exchange(writer_, nullptr))); }

 private:
  void Check(int code) const {
    if (code != 0) {
      CannotWrite(path_, avro_strerror());
    }
  }

  fs::path path_;
  avro_schema_t schema_ = nullptr;
  std::FILE* stream_ = nullptr;  // the writer's
  avro_file_writer_t writer_ = nullptr;
};

}  // namespace

XandrFileWriter::XandrFileWriter(XandrFileOptions options) : options_(std::move(options)) {
  if (options_.bytes_of_file < 1 || options_.bytes_of_file > kMostOfXandrFile) {
    throw UserError("a file of {} bytes: 1 to {} are allowed", options_.bytes_of_file,
                    kMostOfXandrFile);
  }
  if (options_.encoding == XandrEncoding::kText) {
    text_ = std::make_unique<XandrTextEncoder>(options_.text, options_.segments_of_line);
  }
}

XandrFileWriter::~XandrFileWriter() = default;

int XandrFileWriter::Write(const XandrUser& user) {
  const std::string name = ToText(user.uid);
  if (!last_user_.empty() && name <= last_user_) {
    throw UserError("user {} comes after user {}; users must be sorted, each once", name,
                    last_user_);
  }
  last_user_ = name;
  buffer_.clear();
  if (!(text_ ? text_->Append(user, buffer_) : AppendXandrRecord(user, buffer_))) {
    ++left_out_;
    return -1;
  }
  if (!sink_) {
    Open();
  }
  sink_->Append(buffer_);
  files_.back().users += 1;
  files_.back().segments += std::ssize(user.segments);
  const int index = static_cast<int>(files_.size()) - 1;
  if (sink_->Size() >=
      options_.bytes_of_file - std::min(kOneMegabyte, options_.bytes_of_file / 2)) {
    Close();
  }
  return index;
}

std::vector<XandrFile> XandrFileWriter::Finish() {
  if (files_.empty()) {
    Open();
  }
  if (sink_) {
    Close();
  }
  return files_;
}

void XandrFileWriter::Open() {
  const bool is_text = options_.encoding == XandrEncoding::kText;
  files_.push_back(
      {.name = fmt::format("{}-{:05}.{}", options_.name, files_.size(), is_text ? "gz" : "avro")});
  const fs::path path = options_.folder / files_.back().name;
  sink_ = is_text ? std::unique_ptr<Sink>(std::make_unique<GzipSink>(path))
                  : std::make_unique<AvroSink>(path);
}

void XandrFileWriter::Close() {
  sink_->Close();
  sink_.reset();
  const fs::path path = options_.folder / files_.back().name;
  MakeDurable(path);
  files_.back().bytes = static_cast<std::int64_t>(fs::file_size(path));
}

}  // namespace weir::connectors
