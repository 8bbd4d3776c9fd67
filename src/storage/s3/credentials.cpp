#include "storage/s3/credentials.h"

#include <cstdlib>
#include <fstream>
#include <map>
#include <utility>

#include "base/ascii.h"
#include "base/error.h"
#include "base/log.h"

namespace weir::storage {
namespace {

namespace fs = std::filesystem;

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

class GivenKeySource final : public S3KeySource {
 public:
  explicit GivenKeySource(std::function<S3Keys()> get) : get_(std::move(get)) {}
  std::optional<S3Keys> Keys() override {
    const std::scoped_lock lock(mutex_);
    if (!keys_) {
      keys_ = get_();
    }
    return keys_;
  }

 private:
  std::mutex mutex_;
  std::function<S3Keys()> get_;
  std::optional<S3Keys> keys_;
};

class EnvironmentKeySource final : public S3KeySource {
 public:
  std::optional<S3Keys> Keys() override {
    S3Keys keys{.access_key = Variable("AWS_ACCESS_KEY_ID"),
                .secret_key = Variable("AWS_SECRET_ACCESS_KEY"),
                .session_token = Variable("AWS_SESSION_TOKEN")};
    if (keys.access_key.empty() && keys.secret_key.empty()) {
      return std::nullopt;
    }
    if (keys.access_key.empty() || keys.secret_key.empty()) {
      throw UserError("{} is set and {} is not; S3 needs both",
                      keys.access_key.empty() ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID",
                      keys.access_key.empty() ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY");
    }
    return keys;
  }
};

fs::path CredentialsFile() {
  const std::string named = Variable("AWS_SHARED_CREDENTIALS_FILE");
  return named.empty() ? fs::path(Variable("HOME")) / ".aws" / "credentials" : fs::path(named);
}

using Section = std::map<std::string, std::string>;

// The lines "name = value" below "[section]"; nothing if there is no such section.
std::optional<Section> ReadSection(const fs::path& path, const std::string& section) {
  std::ifstream file(path);
  std::optional<Section> found;
  bool is_inside = false;
  for (std::string text; std::getline(file, text);) {
    const std::string_view line = Trimmed(text);
    if (line.empty() || line.front() == '#' || line.front() == ';') {
      continue;
    }
    if (line.front() == '[') {
      is_inside = Trimmed(line.substr(1, line.find(']') - 1)) == section;
      found = is_inside && !found ? Section() : found;
    } else if (const auto equals = line.find('='); is_inside && equals != std::string_view::npos) {
      (*found)[LowerCase(Trimmed(line.substr(0, equals)))] = Trimmed(line.substr(equals + 1));
    }
  }
  return found;
}

class ProfileKeySource final : public S3KeySource {
 public:
  std::optional<S3Keys> Keys() override {
    const std::string named = Variable("AWS_PROFILE");
    const fs::path file = CredentialsFile();
    const auto section = ReadSection(file, named.empty() ? "default" : named);
    if (!section) {
      if (named.empty()) {
        return std::nullopt;
      }
      throw UserError("AWS_PROFILE is '{}', and {} has no section [{}]", named, file.string(),
                      named);
    }
    Section values = *section;
    for (const char* name : {"aws_access_key_id", "aws_secret_access_key"}) {
      if (values[name].empty()) {
        throw UserError("{}: section [{}] has no {}", file.string(),
                        named.empty() ? "default" : named, name);
      }
    }
    return S3Keys{.access_key = values["aws_access_key_id"],
                  .secret_key = values["aws_secret_access_key"],
                  .session_token = values["aws_session_token"]};
  }
};

// Settles on the first source that has keys.
class StandardKeySource final : public S3KeySource {
 public:
  StandardKeySource() {
    sources_.push_back(EnvironmentKeys());
    sources_.push_back(ProfileKeys());
    sources_.push_back(RoleKeys());
  }

  std::optional<S3Keys> Keys() override {
    const std::scoped_lock lock(mutex_);
    if (chosen_ != nullptr) {
      return chosen_->Keys();
    }
    for (const auto& source : sources_) {
      if (auto keys = Ask(*source)) {
        chosen_ = source.get();
        return keys;
      }
    }
    throw UserError(
        "there are no keys for S3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, {} has "
        "no section [default], and no instance role answers{}",
        CredentialsFile().string(), problem_.empty() ? "" : " (" + problem_ + ")");
  }

 private:
  // A role that doesn't answer is none: most machines have none.
  std::optional<S3Keys> Ask(S3KeySource& source) {
    try {
      return source.Keys();
    } catch (const ExternalError& error) {
      problem_ = error.what();
      return std::nullopt;
    }
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<S3KeySource>> sources_;
  S3KeySource* chosen_ = nullptr;
  std::string problem_;
};

}  // namespace

std::unique_ptr<S3KeySource> GivenKeys(std::function<S3Keys()> get) {
  return std::make_unique<GivenKeySource>(std::move(get));
}

std::unique_ptr<S3KeySource> EnvironmentKeys() { return std::make_unique<EnvironmentKeySource>(); }

std::unique_ptr<S3KeySource> ProfileKeys() { return std::make_unique<ProfileKeySource>(); }

std::unique_ptr<S3KeySource> StandardKeys() { return std::make_unique<StandardKeySource>(); }

}  // namespace weir::storage
