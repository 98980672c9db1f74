/** The fast path's programs in the kernel: loading, maps, attachment, by libbpf over jnr-ffi. */
package dev.tweed.fastpath.kernel;
