"""Splink on a population of tests/population, with DuckDB: predict and cluster, timed; F1 with the
labels' best threshold and at 0.95; peak memory. Settings follow Splink's own examples for people:
comparisons by column with term frequencies where a value may be common, u from random pairs, m by EM
in two passes that block on different columns.

    python peer.py people.csv [--threads 2] [--json out.json]
"""

import argparse
import json
import logging
import resource
import time

import duckdb
import splink
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--threads", type=int, default=2)
parser.add_argument("--json")
arguments = parser.parse_args()
logging.disable(logging.WARNING)

connection = duckdb.connect()


def query(statement, parameters=None):
    """All rows: DuckDB takes no further statement before the last row of one was read."""
    return connection.execute(statement, parameters).fetchall()


query(f"SET threads={arguments.threads}")
# Standardised columns, as anybody would prepare them: lower case, national numbers, the outward
# half of the postcode. Empty is unknown.
query(
    """
    CREATE TABLE people AS
    SELECT id, cluster,
        nullif(lower(strip_accents(given_name)), '') AS given_name,
        nullif(lower(strip_accents(surname)), '') AS surname,
        nullif(birth_date, '') AS birth_date,
        nullif(lower(trim(house || ' ' || street)), '') AS street,
        nullif(upper(replace(postcode, ' ', '')), '') AS postcode,
        nullif(left(upper(replace(postcode, ' ', '')), greatest(length(replace(postcode, ' ', '')) - 3, 0)), '') AS outward,
        nullif(ltrim(replace(replace(phone, '+44', ''), ' ', ''), '0'), '') AS phone,
        nullif(ltrim(replace(replace(mobile, '+44', ''), ' ', ''), '0'), '') AS mobile,
        nullif(lower(email), '') AS email
    FROM read_csv(?, header=true, all_varchar=true)
    """,
    [arguments.file],
)
records = query("SELECT count(*) FROM people")[0][0]

settings = SettingsCreator(
    link_type="dedupe_only",
    unique_id_column_name="id",
    blocking_rules_to_generate_predictions=[
        block_on("surname", "outward"),
        block_on("mobile"),
        block_on("email"),
        block_on("phone", "surname"),
        block_on("given_name", "birth_date"),
        block_on("surname", "birth_date"),
        block_on("given_name", "surname"),
    ],
    comparisons=[
        cl.JaroWinklerAtThresholds("given_name", [0.92, 0.8]).configure(term_frequency_adjustments=True),
        cl.JaroWinklerAtThresholds("surname", [0.92, 0.8]).configure(term_frequency_adjustments=True),
        cl.DateOfBirthComparison("birth_date", input_is_string=True),
        cl.LevenshteinAtThresholds("street", [2]),
        cl.LevenshteinAtThresholds("postcode", [2]),
        cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
        cl.LevenshteinAtThresholds("mobile", [1]),
        cl.JaroWinklerAtThresholds("email", [0.88]).configure(term_frequency_adjustments=True),
    ],
    retain_intermediate_calculation_columns=False,
    retain_matching_columns=False,
)

began = time.perf_counter()
linker = Linker("people", settings, db_api=DuckDBAPI(connection=connection))
linker.training.estimate_probability_two_random_records_match(
    [block_on("given_name", "surname", "birth_date"), block_on("mobile", "surname"), block_on("email", "given_name")], recall=0.8
)
linker.training.estimate_u_using_random_sampling(max_pairs=2_000_000, seed=1)
linker.training.estimate_parameters_using_expectation_maximisation(block_on("given_name", "surname"))
linker.training.estimate_parameters_using_expectation_maximisation(block_on("birth_date", "outward"))
trained = time.perf_counter()
predictions = linker.inference.predict(threshold_match_probability=0.01)
predicted = time.perf_counter()
clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_probability=0.95)
clustered = time.perf_counter()
pairs = query(f"SELECT count(*) FROM {predictions.physical_name}")[0][0]


def quality(frame):
    """Precision, recall and F1 of pairs of records, after clustering."""
    [(found, real, both)] = query(
        f"""
        WITH labelled AS (SELECT c.cluster_id, p.cluster FROM {frame.physical_name} c JOIN people p USING (id))
        SELECT
            (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) n FROM labelled GROUP BY cluster_id)),
            (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) n FROM labelled GROUP BY cluster)),
            (SELECT sum(n * (n - 1) // 2) FROM (SELECT count(*) n FROM labelled GROUP BY cluster_id, cluster))
        """
    )
    found, real, both = int(found), int(real), int(both)
    return {"precision": both / max(found, 1), "recall": both / max(real, 1), "f1": 2 * both / max(found + real, 1)}


at = quality(clusters)
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
best, threshold = at, 4.25  # log2(0.95 / 0.05)
for weight in range(-6, 42, 2):
    found = quality(linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold_match_weight=weight))
    if found["f1"] > best["f1"]:
        best, threshold = found, weight

result = {
    "records": records,
    "pairs": pairs,
    "splink": splink.__version__,
    "duckdb": duckdb.__version__,
    "threads": arguments.threads,
    "train": trained - began,
    "predict": predicted - trained,
    "cluster": clustered - predicted,
    "best": {"match_weight": threshold, **best},
    "at_0.95": at,
    "peak_mb": memory // 1024,
}
print(f"Splink {splink.__version__}, DuckDB {duckdb.__version__}, {arguments.threads} threads: {records} records, {pairs} pairs scored above 0.01")
print(f"train {result['train']:.1f} s, predict {result['predict']:.1f} s, cluster {result['cluster']:.1f} s; {result['peak_mb']} MB at most")
print(f"pairs, at the best match weight for the labels, {threshold}: precision {best['precision']:.4f}, recall {best['recall']:.4f}, F1 {best['f1']:.4f}")
print(f"pairs, at probability 0.95: precision {at['precision']:.4f}, recall {at['recall']:.4f}, F1 {at['f1']:.4f}")
if arguments.json:
    with open(arguments.json, "w") as out:
        json.dump(result, out, indent=1)
