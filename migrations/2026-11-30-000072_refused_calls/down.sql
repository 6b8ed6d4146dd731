DROP INDEX people_refused_calls;
