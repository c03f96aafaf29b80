"""Begin the stand-in's process."""

from gateway.payments.standin.process import main

main()
