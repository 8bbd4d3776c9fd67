#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/clock.h"
#include "base/declared_settings.h"
#include "connectors/event_log.h"
#include "connectors/secrets.h"
#include "data/schema.h"
#include "sql/database.h"

// The seam for sources and sinks: one shape for all.
namespace weir::connectors {

enum class Direction : std::uint8_t { kIn, kOut };

// Where what a connector writes can be seen: in a file of the project's own, which is replaced
// whole and may be written again at any time; or outside (`effects: external`), where others act on
// it.
enum class Effect : std::uint8_t { kFile, kExternal };

struct Declaration {
  std::string name;
  std::string doc;
  int version = 1;  // as operators' versions: part of the code hash
  // Settings of each direction that the connector has.
  std::map<Direction, std::vector<Setting>> settings;
  Effect effect = Effect::kFile;  // of writing
  // Of writing: a step's `in` may name several relations, each by an argument.
  bool takes_many = false;
  // Of a line under `connections:` with this connector's name as `kind`; empty: it uses none.
  std::vector<Setting> connection{};
  // What is wrong with such a line beyond its settings' names and types: throws UserError. A text
  // may still hold "{secret.x}".
  std::function<void(const nlohmann::json& settings)> check_connection{};
};

// How far a stream has come in a source that numbers what it gives: the first number not read yet.
struct StreamPosition {
  std::string topic;      // the source's name
  std::string partition;  // of the source
  std::int64_t next = 0;

  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};

// A source that reports positions: what it is called in them, and where it lies.
struct NumberedSource {
  std::string source;
  std::string url;  // kafka://CLUSTER/TOPIC
};

// What a sink of a stream must know of the time before this call.
struct SentBefore {
  std::int64_t batch = 0;   // the newest that the ledger says this step has sent; 0: none
  std::string stream_id{};  // tells the stream from those of other warehouses; empty: not known yet
  std::vector<NumberedSource> sources{};  // that the job reads now
};

// What one call works with. `connection` holds the relations; a source may make others of its own
// by `database`.
struct ConnectorContext {
  sql::Database& database;
  sql::Connection& connection;
  const Connections& connections;
  std::filesystem::path folder;  // relative paths start here: the project's folder
  nlohmann::json settings;       // complete, with values filled in
  std::string relation;          // in: what to define; out: what to read, the first of all
  // Out, of a connector that takes many: all that it reads, by argument, as the step names them.
  std::vector<std::pair<std::string, std::string>> relations{};
  std::string columns;             // in: declared as SQL does, "a BIGINT, b VARCHAR"; or empty
  std::string run_id;              // out: the identity of what is written
  std::set<std::string> finished;  // in: files or positions that were read before, not read again
  // Of a stream whose sources report positions: where its commits stand, out: with this one.
  std::vector<StreamPosition> positions{};
  std::int64_t batch = 0;        // of a stream: the number of its batch, from 1
  std::int64_t limit_bytes = 0;  // in, of a stream that can stop anywhere: how much to read
  std::stop_token stop;
  SentBefore sent{};  // out, of a stream
};

// What a stream has not read yet: one file, or the new end of one, say.
struct PendingInput {
  std::string identity;    // as it will stand among ReadReport::finished
  std::int64_t bytes = 0;  // as stored
  // Of a source that reports positions: what is to be read of it now.
  std::int64_t next = 0;
  std::int64_t end = 0;
  std::int64_t batches = 0;  // of what is committed and not sent: how many of the stream's batches
};

// The topics that a step takes lines from and brings them to, so that who feeds whom is known.
// Names are equal where the topics are: of Kafka "kafka:TOPIC", as a cluster has many addresses, of
// files their folder's path or URL.
struct TopicLinks {
  std::vector<std::string> read{};
  std::vector<std::string> written{};
  std::vector<NumberedSource> numbered{};  // of those that are read
};

// What a source gave.
struct ReadReport {
  // Identities of the files or positions that are read once the run has committed, sorted.
  std::vector<std::string> finished;
  // Nothing before this time will still come, as far as the source knows.
  std::optional<Micros> complete_until;
  // Where the stream stands once the run has committed: committed together with the data.
  std::vector<StreamPosition> positions{};
  // Called once the run has committed, to tell the other side; what it throws undoes nothing.
  std::function<void()> confirm{};
};

// Rows for people to look at.
struct ShownRows {
  std::string title;
  std::vector<std::string> headings;  // with '>' in front of a column of numbers
  std::vector<std::vector<std::string>> rows;
  std::int64_t more = 0;  // rows that are left out
};

// How texts that a connector writes name people.
enum class NamedPeople : std::uint8_t {
  kByFirstField,  // each line, by what stands before its first tab
  kByIdentifier,  // each row of CSV files with the header identifier,add,remove
  kInErrorLines,  // JSON, nowhere but in its `error_lines`: what others said
  kAnywhere,      // it isn't known
};

// A folder, or a URL of one, that a step writes files below.
struct WrittenFolder {
  std::string path;  // as settings have it: relative to the project, perhaps with "{ds}"
  NamedPeople people = NamedPeople::kAnywhere;
};

// What the other side has of people.
struct HeldPeople {
  std::int64_t lines = 0;    // people in segments
  std::string why_untold{};  // why it can't be told anything, whatever the environment; or empty
};

struct SendReport {
  std::string identity;  // of what is there now, such as "postgres shop public.report"
  std::int64_t rows = 0;
  std::optional<ShownRows> shown{};
};

// What a service is given besides its settings.
struct ServiceSurroundings {
  std::filesystem::path folder;  // the project's
  std::filesystem::path places;  // the IP database that ships
  // Called once, before the first request is answered, with the service's address.
  std::function<void(const std::string& url)> announce;
};

// Stateless and thread-safe. Failures at the other side are ExternalErrors, without secrets.
class Connector {
 public:
  virtual ~Connector() = default;

  virtual const Declaration& declaration() const = 0;
  // Whatever is wrong with settings by themselves, beyond what the declaration says. Texts may
  // still hold "{name}". Throws UserError.
  virtual void CheckSettings(Direction direction, const nlohmann::json& settings) const = 0;
  // The columns that it gives, whatever it reads; nothing if they are declared or in the data.
  // `settings` are as the step has them, perhaps with mistakes.
  virtual std::optional<Schema> Columns(const nlohmann::json& settings) const;
  // What a stream has still to read, in the order in which it is read: all that is there but for
  // `context.finished`. A source that can't say so has nothing.
  virtual std::vector<PendingInput> Pending(ConnectorContext& context) const;
  // Until when a stream has all rows once it has read what is pending at `now`, the time of the
  // look; absent where all that is there is complete.
  virtual std::optional<Micros> CompleteUntil(ConnectorContext& context, Micros now) const;
  // Which topics a step with the context's settings reads and writes; by itself none.
  virtual TopicLinks Topics(const ConnectorContext& context) const;
  // What a stream has committed up to `context.batch` and not sent. A sink that can't say so has
  // nothing.
  virtual std::vector<PendingInput> Unsent(ConnectorContext& context) const;
  // Makes `context.relation` a temporary view, stream or table of the connection. By itself: throws
  // UserError, as the connector only writes.
  virtual ReadReport Read(ConnectorContext& context) const;
  // Reads the relation once and writes it out. After a crash it is called again for the same rows:
  // what is at the other side then is as if it had been called once. By itself: throws UserError,
  // as the connector only reads.
  virtual SendReport Send(ConnectorContext& context) const;
  // Makes the other side lose people that it was sent: `users` is SQL with a column user_id. What
  // is under way is sent first. After a crash it is called again. Absent, as by itself, where the
  // other side keeps no people, or was never sent any. `rows` of the report are the removals.
  virtual std::optional<SendReport> TakeBack(ConnectorContext& context,
                                             const std::string& users) const;
  // What the other side was sent of people and not told to lose since, as far as is on record here.
  // Asks nobody, changes nothing. By itself nothing.
  virtual HeldPeople Held(ConnectorContext& context, const std::string& users) const;
  // Where a step with these settings, perhaps with mistakes, writes files, and how these name
  // people. By itself what its settings `path` and `journal` say. Nothing is looked at but
  // weir.yaml.
  virtual std::vector<WrittenFolder> WrittenFolders(const nlohmann::json& settings,
                                                    const Connections& connections) const;
  // Of a service's first step: answers requests until a stop of the context, and puts what it
  // accepts into the log. By itself: throws UserError, as the connector is no service.
  virtual void Serve(ConnectorContext& context, EventLog& log,
                     const ServiceSurroundings& surroundings) const;
  // Of a service's second step: where it puts what it accepts. By itself: throws UserError, as
  // the connector takes no single events.
  virtual std::unique_ptr<EventLog> OpenLog(ConnectorContext& context) const;
};

// What services give: `line`, a text.
Schema EventLogSchema();

// Connectors by name.
class ConnectorTable {
 public:
  explicit ConnectorTable(std::vector<std::unique_ptr<Connector>> connectors);

  // Throws UserError with the nearest name.
  const Connector& Find(std::string_view name) const;
  std::vector<std::string> names() const;  // sorted

 private:
  std::map<std::string, std::unique_ptr<Connector>, std::less<>> connectors_;
};

// What a step of this connector says wrongly, a line each; `num_relations` is how many its `in`
// names. Needs no data.
std::vector<std::string> StepMistakes(const Connector& connector, Direction direction,
                                      const nlohmann::json& settings, std::size_t num_relations);

// What a line under `connections:` says wrongly: its kind and its settings. Connects to nothing.
std::vector<std::string> ConnectionMistakes(const ConnectorTable& connectors,
                                            const project::ConnectionLine& line);

// Settings with defaults; throws UserError with all mistakes.
nlohmann::json CompleteSettings(const Connector& connector, Direction direction,
                                const nlohmann::json& settings);

// The one visible table of all connectors.
ConnectorTable BuiltinConnectors();

}  // namespace weir::connectors
