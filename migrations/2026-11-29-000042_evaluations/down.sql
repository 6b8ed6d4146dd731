DROP FUNCTION rule_counts_since(uuid, uuid);
DROP TABLE rule_evaluations;
DROP FUNCTION keep_rule_evaluation();
