#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// Rows to topics of Kafka, by transactions; and the kind of connections that `topic` reads by.
std::unique_ptr<Connector> MakeKafka();

}  // namespace weir::connectors
