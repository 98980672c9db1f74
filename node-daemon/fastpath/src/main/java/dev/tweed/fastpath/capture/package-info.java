/** What passes the veth of a pod: packets in lines and in files. */
package dev.tweed.fastpath.capture;
