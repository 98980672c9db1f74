/**
 * What the modules of the daemon do to the host it runs on: files replaced as a whole, programs
 * run.
 */
package dev.tweed.host;
