/** Network policies of the cluster, compiled to what nodes enforce: values in, values out. */
package dev.tweed.operator.networkpolicy;
