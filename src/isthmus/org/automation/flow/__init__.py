"""Flow: record-triggered flows, read from an SFDX project and run by the save path."""
