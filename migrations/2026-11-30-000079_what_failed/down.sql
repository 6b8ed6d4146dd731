ALTER TABLE exports DROP COLUMN stumbled_over;
