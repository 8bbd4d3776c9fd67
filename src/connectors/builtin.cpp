#include <memory>
#include <utility>
#include <vector>

#include "connectors/activation/activation.h"
#include "connectors/activation/journal_source.h"
#include "connectors/activation/onboarding/onboarding_files.h"
#include "connectors/activation/xandr/xandr.h"
#include "connectors/collector/ad_tracker.h"
#include "connectors/collector/mapper_service.h"
#include "connectors/connector.h"
#include "connectors/copied/copy_files.h"
#include "connectors/dated/dated_files.h"
#include "connectors/files/files.h"
#include "connectors/kafka/kafka.h"
#include "connectors/mlflow/mlflow.h"
#include "connectors/platform/platform.h"
#include "connectors/postgres/postgres.h"
#include "connectors/registry/model_registry.h"
#include "connectors/run_files/run_files.h"
#include "connectors/secor/secor.h"
#include "connectors/secor/secor_upload.h"
#include "connectors/segments/segment_files.h"
#include "connectors/show/show.h"
#include "connectors/topic/topic.h"

namespace weir::connectors {

ConnectorTable BuiltinConnectors() {
  std::vector<std::unique_ptr<Connector>> connectors;
  connectors.push_back(MakeActivation(OnboardingDestination()));
  connectors.push_back(MakeActivation(XandrDestination()));
  connectors.push_back(MakeAdTracker());
  connectors.push_back(MakeCopyFiles());
  connectors.push_back(MakeDatedFiles());
  connectors.push_back(MakeDeliveryJournal());
  connectors.push_back(MakeFiles());
  connectors.push_back(MakeKafka());
  connectors.push_back(MakeMapperService());
  connectors.push_back(MakeMlflow());
  connectors.push_back(MakeModelRegistry());
  connectors.push_back(MakePlatform());
  connectors.push_back(MakePostgres());
  connectors.push_back(MakeRunFiles());
  connectors.push_back(MakeSecor());
  connectors.push_back(MakeSecorUpload());
  connectors.push_back(MakeSegmentFiles());
  connectors.push_back(MakeShow());
  connectors.push_back(MakeTopic());
  return ConnectorTable(std::move(connectors));
}

}  // namespace weir::connectors
