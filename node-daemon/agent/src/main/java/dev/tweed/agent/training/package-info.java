/**
 * The run that records the class archive of the image: the daemon against an API server in a
 * process of its own and a data path that only reads.
 *
 * <p>In a jar of its own ({@code tweed-training.jar}), which only the build of the image needs.
 */
package dev.tweed.agent.training;
