DROP INDEX contacts_decided;
