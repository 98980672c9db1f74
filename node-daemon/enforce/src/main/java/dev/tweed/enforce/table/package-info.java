/** The nftables table of network policies as a value: compiled, compared, nothing written. */
package dev.tweed.enforce.table;
