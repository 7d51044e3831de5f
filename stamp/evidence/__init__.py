"""What strangers are handed: packets on a find or on a work before it is published, made so that anybody can
check them, and checked.

`packet` and `deposit` make one, `verify` checks one; `archive` and `sums` are what it is made of."""
