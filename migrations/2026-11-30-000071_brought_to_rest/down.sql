ALTER TABLE campaigns DROP at_rest_since;
