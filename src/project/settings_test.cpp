#include <string>

#include <gtest/gtest.h>

#include "project/project_names.h"
#include "project/test_project.h"

namespace weir::project {
namespace {

constexpr auto kWholeShop = R"(name: shop
warehouse: lake
environments:
  dev: {locations: {inbox: ./inbox}, read_from: production}
  production:
    warehouse: s3://shop-lake/main
    locations: {outbox: "s3://partner/out"}
    publish: {database: shop}
    alerts: {team_mail: {kind: smtp, to: all@shop.test}}
stores:
  partner: {prefixes: "s3://partner/", region: eu-west-1, read_only: true, credentials: {access_key: partner_key, secret_key: partner_secret}}
  main: {prefixes: ["s3://shop-lake/"], credentials: role}
locations: {inbox: /data/inbox, outbox: outbox}
partitions: {region: [amer, emea, 33across]}
variables: {brand: Shop & Co, min_days: 7, ratio: 0.5, strict: true, code: "007", plain: 007x, dsps: {xandr: an, files: af}}
secrets: {partner_key: {env: PARTNER_KEY}, partner_secret: {file: secrets/partner}, password: {env: PW}, my.salt: {env: SALT, dev: known}}
connections: {db: {kind: postgres, host: localhost, port: 5432, password: "{secret.password}"}}
alerts: {team_mail: {kind: smtp, to: dev@shop.test}, pager: {kind: http}}
memory: 8GB
late: 36 hours
keep_for_replay: 90 days
time_zone: Europe/Paris
)";

TEST(Settings, OfEveryKindAreRead) {
  const TestProject folder({{"weir.yaml", kWholeShop}});

  const Project project = LoadSettings(folder.path());

  EXPECT_EQ(project.partitions.at("region"),
            (std::vector<std::string>{"amer", "emea", "33across"}));
  EXPECT_EQ(project.memory, "8GB");
  EXPECT_EQ(project.late, std::chrono::hours(36));
  EXPECT_EQ(project.keep_for_replay, std::chrono::days(90));
  EXPECT_EQ(project.time_zone, "Europe/Paris");
  ASSERT_EQ(project.stores.size(), 2U);
  EXPECT_EQ(project.stores[0].prefixes, std::vector<std::string>{"s3://partner/"});
  EXPECT_EQ(project.stores[0].credentials.at("secret_key"), "partner_secret");
  EXPECT_TRUE(project.stores[0].read_only);
  EXPECT_FALSE(project.stores[0].uses_role);
  EXPECT_TRUE(project.stores[1].credentials.empty());
  EXPECT_TRUE(project.stores[1].uses_role);
  ASSERT_EQ(project.secrets.size(), 4U);
  EXPECT_EQ(project.secrets[0].env, "PARTNER_KEY");
  EXPECT_EQ(project.secrets[1].file, (folder.path() / "secrets/partner").string());
  EXPECT_EQ(project.secrets[3].name, "my.salt");
  EXPECT_EQ(project.secrets[3].dev, "known");
  ASSERT_EQ(project.connections.size(), 1U);
  EXPECT_EQ(project.connections[0].kind, "postgres");
  EXPECT_EQ(project.connections[0].settings.at("port"), "5432");
  EXPECT_EQ(project.connections[0].settings.at("password"), "{secret.password}");
}

TEST(Settings, DevIsTheDefaultEnvironmentAndAlwaysThere) {
  const TestProject shop({{"weir.yaml", kWholeShop}});
  const TestProject plain({{"weir.yaml", "name: x\nlocations: {in: a/b, here: .}"}});

  const Project dev = LoadSettings(shop.path());
  const Project alone = LoadSettings(plain.path());

  EXPECT_EQ(dev.environment.name, "dev");
  EXPECT_EQ(dev.warehouse, (shop.path() / "lake").string());
  EXPECT_EQ(dev.environment.read_from, "production");
  EXPECT_FALSE(dev.environment.send);
  EXPECT_EQ(dev.environment.locations.at("inbox"), (shop.path() / "inbox").string());
  EXPECT_EQ(dev.environment.locations.at("outbox"), (shop.path() / "lake/_files/outbox").string());
  EXPECT_EQ(alone.environment.name, "dev");
  EXPECT_EQ(alone.environment.locations.at("in"), (plain.path() / "warehouse/_files/a/b").string());
  EXPECT_EQ(alone.environment.locations.at("here"), (plain.path() / "").string());
}

TEST(Settings, LocationsOnS3EndWithoutASlashAsJobsGoOnWithOne) {
  const TestProject plain({{"weir.yaml",
                            "name: x\nwarehouse: s3://lake/w\n"
                            "locations: {in: a/b/, there: s3://other/c/}"}});

  const Project project = LoadSettings(plain.path());

  EXPECT_EQ(project.environment.locations.at("in"), "s3://lake/w/_files/a/b");
  EXPECT_EQ(project.environment.locations.at("there"), "s3://other/c");
}

TEST(Settings, AnEnvironmentsLinesStandInFrontOfTheProjects) {
  const TestProject folder({{"weir.yaml", kWholeShop}});

  const Project project = LoadSettings(folder.path(), {.environment = "production"});

  EXPECT_EQ(project.warehouse, "s3://shop-lake/main");
  EXPECT_TRUE(project.environment.send);
  EXPECT_EQ(project.environment.locations.at("outbox"), "s3://partner/out");
  EXPECT_EQ(project.environment.locations.at("inbox"), "/data/inbox");
  EXPECT_EQ(project.environment.publish.at("database"), "shop");
  ASSERT_EQ(project.environment.alerts.size(), 2U);
  EXPECT_EQ(project.environment.alerts[0].settings.at("to"), "all@shop.test");
  EXPECT_EQ(project.environment.alerts[1].name, "pager");
}

TEST(Settings, VariablesKeepTheirKindInSql) {
  const TestProject folder({{"weir.yaml", kWholeShop}});

  const Substitutions values = SettingsValues(LoadSettings(folder.path()));

  EXPECT_EQ(
      FillSql(
          "{var.brand} {var.min_days} {var.ratio} {var.strict} {var.code} {var.plain} {var.dsps}",
          values),
      "'Shop & Co' 7 0.5 true '007' '007x' 'xandr=an,files=af'");
}

std::string SettingsMistakes(const std::string& lines) {
  return TestProject({{"weir.yaml", "name: x\n" + lines}}).Mistakes();
}

TEST(Settings, MistakesOfTheirLines) {
  EXPECT_EQ(SettingsMistakes("memory: lots"),
            "weir.yaml:2:9: memory 'lots': a size such as 8GB or 512MB, or a share such as 40%, is "
            "needed");
  EXPECT_EQ(SettingsMistakes("late: 2"),
            "weir.yaml:2:7: late '2': a number and a unit: ms, s, min, hours, days or weeks is "
            "needed");
  EXPECT_EQ(
      SettingsMistakes("keep_for_replay: long"),
      "weir.yaml:2:18: keep_for_replay 'long': a number and a unit: ms, s, min, hours, days or "
      "weeks is needed");
  EXPECT_EQ(SettingsMistakes("time_zone: Europe/Pariss"),
            "weir.yaml:2:12: time_zone 'Europe/Pariss': the name of a zone of the IANA database is "
            "needed, such as UTC or Europe/Paris; did you mean 'Europe/Paris'?");
  EXPECT_EQ(SettingsMistakes("time_zone: ../../etc/passwd"),
            "weir.yaml:2:12: time_zone '../../etc/passwd': the name of a zone of the IANA database "
            "is needed, such as UTC or Europe/Paris");
  EXPECT_EQ(SettingsMistakes("partitions: {region: [a b], ds: [x], empty: [], one: [a, a]}"),
            "weir.yaml:2:23: region 'a b': only letters, digits and '_' are allowed\n"
            "weir.yaml:2:29: partitions 'ds': {ds} is a run's own; another name is needed\n"
            "weir.yaml:2:45: 'empty' is empty\n"
            "weir.yaml:2:58: 'a' stands in 'one' twice");
  EXPECT_EQ(SettingsMistakes("variables: {1st: a, list: [1]}"),
            "weir.yaml:2:13: name '1st' in 'variables': only letters, digits and '_' are allowed, "
            "and no digit in front\n"
            "weir.yaml:2:27: 'list' must be a text or a map");
}

TEST(Settings, MistakesOfSecretsStoresAndConnections) {
  EXPECT_EQ(SettingsMistakes("secrets: {a: {}, b: {env: X, file: y}, c: {evn: X}}"),
            "weir.yaml:2:14: a secret needs exactly one of the keys env, file\n"
            "weir.yaml:2:21: a secret has one kind; here 'env' and 'file' stand together\n"
            "weir.yaml:2:43: a secret needs exactly one of the keys env, file\n"
            "weir.yaml:2:44: unknown key 'evn'; allowed: env, file, dev; did you mean 'env'?");
  EXPECT_EQ(
      SettingsMistakes("secrets: {key: {env: X}}\nstores: {a: {prefixes: s3://a, credentials: "
                       "{access_key: kye, secret_key: key}}, b: {endpoint: x}}"),
      "weir.yaml:3:58: unknown secret 'kye'; 'secrets' has: key; did you mean 'key'?\n"
      "weir.yaml:3:85: the key 'prefixes' is missing: the paths that lie in this store");
  EXPECT_EQ(SettingsMistakes("stores: {a: {prefixes: s3://a, credentials: mine}}"),
            "weir.yaml:2:45: unknown credentials 'mine'; allowed: role");
  EXPECT_EQ(
      SettingsMistakes("secrets: {key: {env: X}}\nstores: {a: {prefixes: s3://a, credentials: "
                       "{access_key: key}, url_style: host}}"),
      "weir.yaml:3:45: the key 'secret_key' is missing: the secret with the secret key\n"
      "weir.yaml:3:75: unknown url_style 'host'; allowed: path, virtual");
  EXPECT_EQ(SettingsMistakes("stores: {a: {prefixes: [s3://a, s3://b]}, b: {prefixes: s3://b}}"),
            "weir.yaml:2:57: stores 'a' and 'b' have the same prefix 's3://b'; each needs its own");
  EXPECT_EQ(SettingsMistakes("connections: {db: {host: x, password: '{secret.pw}'}}"),
            "weir.yaml:2:19: the key 'kind' is missing: which connector it is for, such as "
            "postgres\n"
            "weir.yaml:2:39: unknown secret 'pw'; 'secrets' has: ");
}

TEST(Settings, ADevThatNobodyWroteNeedsAWarehouseOfItsOwn) {
  EXPECT_EQ(SettingsMistakes("environments:\n  production: {send: true}"),
            "weir.yaml:3:3: environments 'production' and 'dev' have the same warehouse; each "
            "needs its own; 'dev' is there without being written");
  EXPECT_EQ(SettingsMistakes("warehouse: lake\nenvironments:\n  production: {warehouse: lake}"),
            "weir.yaml:4:3: environments 'production' and 'dev' have the same warehouse; each "
            "needs its own; 'dev' is there without being written");
  EXPECT_EQ(SettingsMistakes("environments:\n  production: {warehouse: live}"), "");
}

TEST(Settings, MistakesOfEnvironments) {
  EXPECT_EQ(SettingsMistakes("environments:\n"
                             "  dev: {read_from: prod}\n"
                             "  production: {warehouse: ./warehouse, send: maybe}\n"
                             "  other: {warehouse: o, read_from: other}"),
            "weir.yaml:3:20: read_from 'prod': another environment is needed; there are: dev, "
            "production, other\n"
            "weir.yaml:4:3: environments 'dev' and 'production' have the same warehouse; each "
            "needs its own\n"
            "weir.yaml:4:46: 'send' must be true or false\n"
            "weir.yaml:5:36: read_from 'other': another environment is needed; there are: dev, "
            "production, other");
  EXPECT_EQ(SettingsMistakes("environments:\n"
                             "  dev: {read_from: stage}\n"
                             "  stage: {warehouse: s, read_from: production}\n"
                             "  production: {warehouse: p}"),
            "weir.yaml:3:20: read_from 'stage': that environment reads from 'production' itself; "
            "one that reads from none is needed");
  const TestProject shop({{"weir.yaml", kWholeShop}});
  EXPECT_EQ(shop.Mistakes({.environment = "prodution"}),
            "unknown environment 'prodution'; weir.yaml has: dev, production; did you mean "
            "'production'?");
}

}  // namespace
}  // namespace weir::project
