#pragma once

#include <memory>

#include "operators/operator.h"

namespace weir::operators {

// `choose_champions`: whether today's model of a segment replaces the one that people are scored
// by. Both rank today's training rows fold by fold, each as it was learnt without the fold (folds
// are hashes of people, the same on all days), so that neither has seen whom it ranks. The old one
// stays only if the new one is worse by more than `worse_by` in mean ROC AUC and the paired 95 %
// bootstrap interval of the difference is above 0.
std::unique_ptr<Operator> MakeChooseChampions();

}  // namespace weir::operators
