DROP TABLE invoices;
DROP FUNCTION keep_invoice;
