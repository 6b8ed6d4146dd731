DROP TABLE data_request_message_files;
DROP FUNCTION limit_data_request_files();
DROP TABLE files;
DROP FUNCTION drop_listed_file();
