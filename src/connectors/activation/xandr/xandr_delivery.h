#pragma once

#include "connectors/activation/destination.h"

namespace weir::connectors {

// The two ways into the Batch Segment Service, as Destination has them.
class XandrDelivery {
 public:
  virtual ~XandrDelivery() = default;
  virtual void Deliver(const FileOnItsWay& file) = 0;
  virtual Outcome Confirm(const FileOnItsWay& file) = 0;
};

}  // namespace weir::connectors
