#include "storage/s3/credentials.h"

#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "base/error_of.h"
#include "base/test_folder.h"
#include "storage/s3/fault_proxy.h"
#include "storage/s3/s3_client.h"

namespace weir::storage {
namespace {

// Each test has the variables of S3 as it sets them, and no others.
class CredentialsTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name :
         {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE",
          "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"}) {
      unsetenv(name);
    }
    setenv("AWS_SHARED_CREDENTIALS_FILE", (folder_.path() / "credentials").c_str(), 1);
    setenv("AWS_EC2_METADATA_DISABLED", "true", 1);
  }

  void WriteCredentials(const std::string& text) {
    std::ofstream(folder_.path() / "credentials") << text;
  }

  static std::string ErrorOf(S3KeySource& source) {
    return weir::ErrorOf<std::runtime_error>([&] { source.Keys(); });
  }

  TestFolder folder_;
};

TEST_F(CredentialsTest, ComeFromTheEnvironmentFirst) {
  WriteCredentials("[default]\naws_access_key_id=f\naws_secret_access_key=g\n");
  setenv("AWS_ACCESS_KEY_ID", "a", 1);
  setenv("AWS_SECRET_ACCESS_KEY", "b", 1);
  setenv("AWS_SESSION_TOKEN", "c", 1);

  EXPECT_EQ(StandardKeys()->Keys(),
            (S3Keys{.access_key = "a", .secret_key = "b", .session_token = "c"}));
}

TEST_F(CredentialsTest, HalfAPairIsAMistake) {
  setenv("AWS_ACCESS_KEY_ID", "a", 1);

  EXPECT_EQ(ErrorOf(*StandardKeys()),
            "AWS_ACCESS_KEY_ID is set and AWS_SECRET_ACCESS_KEY is not; S3 needs both");
}

TEST_F(CredentialsTest, ComeFromTheProfilesSection) {
  WriteCredentials(
      "# keys\n[default]\naws_access_key_id = f\naws_secret_access_key = g=h\n\n"
      "[ other ]\nAWS_ACCESS_KEY_ID=o\naws_secret_access_key=p\naws_session_token=q\n"
      "[half]\naws_access_key_id=x\n");

  EXPECT_EQ(StandardKeys()->Keys(), (S3Keys{.access_key = "f", .secret_key = "g=h"}));
  setenv("AWS_PROFILE", "other", 1);
  EXPECT_EQ(StandardKeys()->Keys(),
            (S3Keys{.access_key = "o", .secret_key = "p", .session_token = "q"}));
  setenv("AWS_PROFILE", "half", 1);
  EXPECT_EQ(ErrorOf(*StandardKeys()), (folder_.path() / "credentials").string() +
                                          ": section [half] has no aws_secret_access_key");
  setenv("AWS_PROFILE", "none", 1);
  EXPECT_EQ(ErrorOf(*StandardKeys()), "AWS_PROFILE is 'none', and " +
                                          (folder_.path() / "credentials").string() +
                                          " has no section [none]");
}

TEST_F(CredentialsTest, SayWhatWasLookedFor) {
  EXPECT_EQ(ErrorOf(*StandardKeys()),
            "there are no keys for S3: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set, " +
                (folder_.path() / "credentials").string() +
                " has no section [default], and no instance role answers");
}

// The metadata service of a machine: version 2, which asks for a token.
class MetadataService final : public net::TestHttpServer {
 public:
  explicit MetadataService(std::string expires) : expires_(std::move(expires)) { Start(); }
  ~MetadataService() override { Stop(); }
  int num_keys() const { return num_keys_; }

 private:
  static std::string Ok(const std::string& body) {
    return fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                       body.size(), body);
  }

  std::string Answer(const std::string& request) override {
    const std::string lower = LowerCase(request);
    if (request.starts_with("PUT /latest/api/token ") &&
        lower.find("x-aws-ec2-metadata-token-ttl-seconds: 21600") != std::string::npos) {
      return Ok("the-token");
    }
    if (lower.find("x-aws-ec2-metadata-token: the-token") == std::string::npos) {
      return "HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    }
    if (request.starts_with("GET /latest/meta-data/iam/security-credentials/ ")) {
      return Ok("the-role\n");
    }
    if (request.starts_with("GET /latest/meta-data/iam/security-credentials/the-role ")) {
      return Ok(fmt::format(R"({{"Code":"Success","AccessKeyId":"A{}","SecretAccessKey":"s",)"
                            R"("Token":"t","Expiration":"{}"}})",
                            ++num_keys_, expires_));
    }
    return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  }

  std::string expires_;
  std::atomic<int> num_keys_ = 0;
};

TEST_F(CredentialsTest, ComeFromTheInstancesRole) {
  const MetadataService service("2999-01-01T00:00:00Z");
  unsetenv("AWS_EC2_METADATA_DISABLED");
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint().c_str(), 1);
  const auto keys = StandardKeys();

  EXPECT_EQ(keys->Keys(), (S3Keys{.access_key = "A1", .secret_key = "s", .session_token = "t"}));
  EXPECT_EQ(keys->Keys()->access_key, "A1");
  EXPECT_EQ(service.num_keys(), 1);
}

TEST_F(CredentialsTest, OfARoleAreAskedForAgainBeforeTheyExpire) {
  const MetadataService service(FormatTimestamp(Now() + kMinute));
  unsetenv("AWS_EC2_METADATA_DISABLED");
  setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint().c_str(), 1);
  const auto keys = RoleKeys();

  EXPECT_EQ(keys->Keys()->access_key, "A1");
  EXPECT_EQ(keys->Keys()->access_key, "A2");
}

TEST_F(CredentialsTest, EnvironmentNamesServerAndRegion) {
  EXPECT_EQ(EnvironmentSettings().endpoint, "");
  EXPECT_FALSE(EnvironmentSettings().path_style);
  setenv("AWS_REGION", "eu-west-1", 1);
  EXPECT_EQ(S3Client("bucket", EnvironmentSettings()).endpoint(),
            "https://s3.eu-west-1.amazonaws.com");
  setenv("AWS_ENDPOINT_URL", "127.0.0.1:7070/", 1);
  EXPECT_EQ(EnvironmentSettings().endpoint, "http://127.0.0.1:7070");
  EXPECT_TRUE(EnvironmentSettings().path_style);
  setenv("AWS_ENDPOINT_URL", "https://minio.example.org", 1);
  EXPECT_EQ(EnvironmentSettings().endpoint, "https://minio.example.org");
}

}  // namespace
}  // namespace weir::storage
