/** Suites that others wrote, run against a cluster with Tweed, and what is told of them. */
package dev.tweed.e2e.conformance;
