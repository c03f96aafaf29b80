"""Money: amounts, ordering, payments, autopayment and the ledger."""
