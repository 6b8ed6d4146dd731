DROP INDEX sales_enquiries_email;
DROP TABLE former_customers, account_closures;
