/** FirewallPolicies against what the nodes report of them: values in, values out. */
package dev.tweed.operator.policy;
