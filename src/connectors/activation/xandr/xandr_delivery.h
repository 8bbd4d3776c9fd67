#pragma once

#include "connectors/activation/destination.h"

namespace weir::connectors {

// The two ways into the Batch Segment Service, as Destination has them.
class XandrDelivery {
 public:
  virtual ~XandrDelivery() = default;
  virtual void CheckSeats(const std::set<std::int64_t>& members) const = 0;
  virtual bool MayHaveArrived(const FileOnItsWay& file) = 0;
  virtual void Deliver(const FileOnItsWay& file) = 0;
  virtual Outcome Confirm(const FileOnItsWay& file) = 0;
};

}  // namespace weir::connectors
