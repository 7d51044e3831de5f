"""How often a mark is reported where there is none, and whether the derived null law is the measured one."""
