/**
 * The write-ahead ledger that makes two operators at once harmless; docs/adr/0002-allocation.md has
 * the argument.
 */
package dev.tweed.operator.ledger;
