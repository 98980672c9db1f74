/** Which daemons are silent, and why most likely. Pure: looks in, words out. */
package dev.tweed.operator.silence;
