-- Who refused calls lately is asked for every ten minutes, and is kept beside the backups. Few rows have a moment here.
CREATE INDEX people_refused_calls ON people (onboarding_call_refused_at) WHERE onboarding_call_refused_at IS NOT NULL;
