"""HTTP, lifecycle and wording: how a bundle answers the CRM, the rep and marketing."""
