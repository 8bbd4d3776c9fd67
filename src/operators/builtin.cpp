#include <memory>
#include <utility>
#include <vector>

#include "operators/identity/connected_components.h"
#include "operators/identity/drop_erased.h"
#include "operators/ingest/enrich_lines.h"
#include "operators/ingest/hash_users.h"
#include "operators/ingest/registrable_domains.h"
#include "operators/learn/choose_champions.h"
#include "operators/learn/evaluate_scores.h"
#include "operators/learn/score_candidates.h"
#include "operators/learn/score_drift.h"
#include "operators/learn/score_people.h"
#include "operators/learn/select_models.h"
#include "operators/operator.h"
#include "operators/rank_rows.h"
#include "operators/refuse_mistakes.h"
#include "operators/report/draw_evaluation.h"

namespace weir::operators {

OperatorTable BuiltinOperators() {
  std::vector<std::unique_ptr<Operator>> operators;
  operators.push_back(MakeChooseChampions());
  operators.push_back(MakeConnectedComponents());
  operators.push_back(MakeDrawEvaluation());
  operators.push_back(MakeDropErased());
  operators.push_back(MakeEnrichLines());
  operators.push_back(MakeEvaluateScores());
  operators.push_back(MakeHashUsers());
  operators.push_back(MakeRankRows());
  operators.push_back(MakeRefuseMistakes());
  operators.push_back(MakeRegistrableDomains());
  operators.push_back(MakeScoreCandidates());
  operators.push_back(MakeScoreDrift());
  operators.push_back(MakeScorePeople());
  operators.push_back(MakeSelectModels());
  return OperatorTable(std::move(operators));
}

}  // namespace weir::operators
