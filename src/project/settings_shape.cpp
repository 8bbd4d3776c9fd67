#include "project/file_shapes.h"
#include "project/formats.h"

namespace weir::project {
namespace {

Shape AlertsShape() {
  Shape alert = Record({{"kind", Text(), "how it is sent, such as smtp", true}});
  alert.parts = {Scalar()};
  return Dictionary(alert, PlainName());
}

Shape LocationsShape() { return Dictionary(Text(), Identifier()); }

Shape EnvironmentsShape() {
  return Dictionary(
      Record({
          {"warehouse", Text(), "where the tables lie: a folder or a URL"},
          {"locations", LocationsShape(), "places of files, in front of the project's"},
          {"read_from", Text(PlainName()),
           "an environment whose tables are read where this one has none"},
          {"send", Boolean(), "whether connectors reach outside; false in dev by default"},
          {"publish", Any(), "settings of publishing in this environment"},
          {"alerts", AlertsShape(), "who is told, in front of the project's"},
      }),
      PlainName());
}

Shape StoresShape() {
  const Shape credentials = Record({
      {"access_key", Text(), "the secret with the access key", true},
      {"secret_key", Text(), "the secret with the secret key", true},
      {"session_token", Text(), "the secret with the session token"},
  });
  return Dictionary(Record({
                        {"prefixes", TextList(Text()), "the paths that lie in this store", true},
                        {"endpoint", Text(), "the server's URL, where it isn't the usual one"},
                        {"region", Text(), "the region that requests are signed for"},
                        {"credentials", OneOf({Words({"role"}), credentials}),
                         "the secrets with the keys, or 'role': the instance's own"},
                        {"url_style", Words({"path", "virtual"}),
                         "whether the bucket stands in the URL's path or before the host's name; "
                         "path by default where there is an endpoint"},
                        {"read_only", Boolean(), "whether writing here is refused"},
                    }),
                    PlainName());
}

Shape SecretsShape() {
  Shape secret = Record({{"dev", Text(), "its value in environment dev, which all others refuse"}});
  secret.noun = "a secret";
  secret.variants = {
      {.keys = {{"env", Text(), "the environment variable that holds it"}}},
      {.keys = {{"file", Text(), "the file that holds it, relative to the project"}}}};
  return Dictionary(secret, DottedName());
}

Shape ConnectionsShape() {
  Shape connection =
      Record({{"kind", Text(), "which connector it is for, such as postgres", true}});
  connection.parts = {OneOf({Scalar(), Dictionary(Scalar(), DottedName())})};
  return Dictionary(connection, PlainName());
}

Shape PartitionsShape() {
  Shape values = List(Text(PartitionValue()));
  values.least = 1;
  return Dictionary(values, Identifier());
}

}  // namespace

const Shape& SettingsShape() {
  static const Shape kShape = Record({
      {"name", Text(PlainName()), "what the project is called", true},
      {"warehouse", Text(), "where the tables lie: a folder (relative to this file) or a URL"},
      {"environments", EnvironmentsShape(),
       "variants of the project, chosen by --env; 'dev' by default"},
      {"stores", StoresShape(), "object stores; a path lies in the one with its longest prefix"},
      {"locations", LocationsShape(), "places of files: {location.x}"},
      {"partitions", PartitionsShape(), "lists that jobs may run per, such as region: [amer]"},
      {"variables", Dictionary(OneOf({Scalar(), Dictionary(Scalar(), Identifier())}), Identifier()),
       "values for the jobs: {var.x}; a map stands there as \"key=value,key=value\""},
      {"secrets", SecretsShape(), "where secrets come from: {secret.x}"},
      {"connections", ConnectionsShape(), "databases and the like that connectors use"},
      {"alerts", AlertsShape(), "who is told of a failure"},
      {"memory", Text(MemoryText()), "what weir may use, such as 8GB or 40%"},
      {"late", Text(DurationText()),
       "changes of an input no later than this are run again by themselves; 2 days by default"},
      {"keep_for_replay", Text(DurationText()),
       "how long 'weir table vacuum' keeps what runs read or wrote; 30 days by default"},
      {"time_zone", Text(TimeZoneText()), "of the jobs that name none; UTC by default"},
  });
  return kShape;
}

}  // namespace weir::project
