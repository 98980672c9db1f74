/** The node's CNI configuration and plugins: what tells the kubelet that pods can be started. */
package dev.tweed.agent.cni;
