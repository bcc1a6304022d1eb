"""What reps think in, derived from what a CRM stores: seniority, department, size band, e-mail type, country."""
