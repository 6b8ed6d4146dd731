DROP TABLE sub_processors;
DROP FUNCTION keep_sub_processor;
