/** Whether packets of pods reach the other nodes: asked by packets that take a pod's way. */
package dev.tweed.agent.probe;
