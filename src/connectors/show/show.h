#pragma once

#include <memory>

#include "connectors/connector.h"

namespace weir::connectors {

// `show`, out only: rows of a relation as a table for people, when the command ends.
//   with: {title: Sales of the day, sort_by: [region], rows: 20}
std::unique_ptr<Connector> MakeShow();

}  // namespace weir::connectors
