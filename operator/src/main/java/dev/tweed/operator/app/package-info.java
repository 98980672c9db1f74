/** The process: Quarkus, leader election, the operator SDK, health. */
package dev.tweed.operator.app;
