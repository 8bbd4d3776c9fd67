#!/usr/bin/env bash
# What became of a project of the pack adtech whose world was generated: `scripts/demo_summary.sh PROJECT`. Needs ./weir.
set -euo pipefail
weir=$(realpath "$(dirname "$0")/../weir")
cd "$1"

say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
ask() { "$weir" sql "$1" | sed '$d'; } # without the line that counts rows
cell() { "$weir" sql "$1" --format csv | tail -1; }

day=$(cell "SELECT max(ds) FROM metastore.lookalikes_mlflow_runs WHERE status = 'succeeded'")

say "Events, by who saw them"
ask "SELECT party, count(*) AS events, count(DISTINCT user_id) AS ids, count(DISTINCT domain) AS domains, min(dt) AS first, max(dt) AS last
     FROM metastore.events GROUP BY party ORDER BY party"

say "People: ids that belong together, and how many of a party's users on $day the ad buyer (an) knows"
ask "WITH m AS (SELECT 'amer' AS region, * FROM metastore.mapping_amer UNION ALL SELECT 'emeaApac' AS region, * FROM metastore.mapping_emeaApac)
     SELECT m.region, count(DISTINCT m.universal_id) AS people, count(*) AS ids, r.party_a AS party, any_value(r.users) AS users,
            any_value(round(100 * r.rate, 1)) AS mapped_percent
     FROM m JOIN metastore.mapping_rates AS r ON r.region = m.region AND r.ds = '$day' AND r.party_b = 'an'
     GROUP BY m.region, r.party_a ORDER BY m.region, r.party_a"

# The oracle knows how the world was made, and sees the pages that the person's ids saw: no model can know more.
say "Models: AUC by cross-validation, beside what could be known at all from the same pages"
ask "WITH ids AS (
       SELECT universal_id, party, user_id FROM metastore.mapping_amer
       UNION ALL SELECT universal_id, party, user_id FROM metastore.mapping_emeaApac
     ),
     persons AS (
       SELECT i.universal_id, min(p.person) AS person
       FROM ids AS i JOIN 'world/truth/people.parquet' AS p ON p.party = i.party AND p.user_id = i.user_id
       GROUP BY i.universal_id HAVING min(p.person) = max(p.person)
     ),
     judged AS (
       SELECT t.segment_id, t.label, 2 * rank() OVER (PARTITION BY t.segment_id ORDER BY o.score) - 1
              + count(*) OVER (PARTITION BY t.segment_id, o.score) AS place
       FROM metastore.lookalikes_training_data AS t
       JOIN persons AS p ON p.universal_id = t.universal_id
       JOIN 'world/truth/evidence_oracle.parquet' AS o ON o.segment_id = t.segment_id AND o.person = p.person
       WHERE t.ds = '$day'
     ),
     oracle AS (
       SELECT segment_id, (sum(place * label) - sum(label) * (sum(label) + 1)) / nullif(2.0 * sum(label) * sum(1 - label), 0) AS auc
       FROM judged GROUP BY segment_id
     )
     SELECT r.segment_id, d.segment_name, r.positives, coalesce(r.parameters['transform'] || ' ' || r.parameters['penalty']
            || ' C=' || r.parameters['c'], r.reason) AS model, round(r.auc_mean, 3) AS auc, round(o.auc, 3) AS oracle,
            round(r.auc_naive_bayes, 3) AS naive_bayes, round(r.auc_activity, 3) AS activity
     FROM metastore.lookalikes_mlflow_runs AS r
     JOIN metastore.lookalike_definitions AS d ON d.segment_id = r.segment_id AND d.region = r.region AND d.ds = r.ds
     LEFT JOIN oracle AS o ON o.segment_id = r.segment_id
     WHERE r.ds = '$day' ORDER BY r.segment_id"

say "Segments on $day: ids of the ad buyer, and what changed"
ask "SELECT segment_id, region, wanted, scored AS people, mapped AS ids, added, removed, renewed, kept, status
     FROM metastore.lookalikes_segment_sizes WHERE ds = '$day' ORDER BY segment_id"

say "Files for the ad buyer"
find warehouse/_files/segment_syncs -path "*/${day//-//}/*" -name 'part-*.gz' | sort | while read -r part; do
  printf '%s: %s lines, %s bytes\n' "$part" "$(zcat "$part" | wc -l)" "$(stat -c %s "$part")"
done

read -r segment member < <(cell "SELECT m.segment_id || ' ' || m.universal_id
                                 FROM metastore.segment_members AS m
                                 JOIN metastore.lookalikes_scored_segments AS s
                                   ON s.segment_id = m.segment_id AND s.universal_id = m.universal_id AND s.ds = m.ds
                                 WHERE m.ds = '$day' ORDER BY s.rank, m.segment_id LIMIT 1")
say "Why is this person in segment $segment?"
printf '$ weir explain member %s %s\n' "$segment" "$member"
"$weir" explain member "$segment" "$member"

say "Time by job, of all days together"
ask "SELECT job, count(*) AS runs, round(sum(seconds), 1) AS seconds, sum(rows) AS rows_written
     FROM weir.runs WHERE state = 'succeeded' GROUP BY job ORDER BY sum(seconds) DESC"
