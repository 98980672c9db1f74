/**
 * The run that records the class archive of the image: the daemon against an API server in the same
 * process and a data path that only reads.
 */
package dev.tweed.agent.training;
