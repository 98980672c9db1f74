/** Network policies on this node: what is known of them, brought to the kernel and told. */
package dev.tweed.agent.policy;
