/** What people are told: statuses and Events as pure functions of what was found. */
package dev.tweed.operator.status;
