DROP TABLE disclosure_steps, disclosures;
DROP FUNCTION keep_disclosure_step, take_disclosure_step, may_transfer, keep_disclosure, begin_disclosure, refuse_disclosure;
