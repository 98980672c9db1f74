/** Tables of network policies read from the kernel and written to it. */
package dev.tweed.enforce.kernel;
