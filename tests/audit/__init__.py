"""The npm suites: conformance audits written by others, run against a gateway that is being served."""
