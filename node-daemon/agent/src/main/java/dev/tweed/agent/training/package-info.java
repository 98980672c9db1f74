/**
 * The run that records the class archive of the image: the daemon against an API server in a
 * process of its own and a data path that only reads.
 */
package dev.tweed.agent.training;
