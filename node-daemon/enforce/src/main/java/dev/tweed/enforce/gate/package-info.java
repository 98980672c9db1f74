/**
 * Which pods run on this node, as the container runtime keeps it: known before any of them runs.
 */
package dev.tweed.enforce.gate;
