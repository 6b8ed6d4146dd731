-- Nothing is denied or withheld but for a reason of the list (S94). What the list says besides a code is in the program,
-- and a test compares the two.
ALTER TABLE data_request_steps ADD CONSTRAINT data_request_steps_reason CHECK (reason_code IN (
    'not_verified', 'point_of_contact', 'legal_duty', 'legal_hold', 'security', 'anti_fraud', 'secret', 'rights_of_others', 'accurate', 'excessive', 'for_customer', 'not_held'));
ALTER TABLE data_request_withheld ADD CONSTRAINT data_request_withheld_reason CHECK (reason_code IN (
    'not_verified', 'point_of_contact', 'legal_duty', 'legal_hold', 'security', 'anti_fraud', 'secret', 'rights_of_others', 'accurate', 'excessive', 'for_customer', 'not_held'));
